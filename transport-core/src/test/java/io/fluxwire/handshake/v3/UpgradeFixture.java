package io.fluxwire.handshake.v3;

import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.crypto.KemKeyPair;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SecretHolders;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A run of the handshake against a {@link HandPeer}, under virtual time. */
final class UpgradeFixture {

  /** What may still be told of a failure. */
  enum Voice {
    NONE,
    VERSION_3,
    UPGRADED
  }

  final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  final EphemeralKeys keys = EphemeralKeys.from(Secp256k1::preferred, time);

  /** What the run takes if it takes one. */
  final KemKeyPair kem = KemKeyPair.generate(new SecureRandom());

  final HandPeer peer;
  final Handshake.Run run;
  private final MemoryDuplex near;
  private final Disposable subscription;
  private @Nullable Secured secured;
  private @Nullable Throwable failure;

  UpgradeFixture(Role role, UpgradePolicy policy) {
    this(role, policy, 0);
  }

  UpgradeFixture(Role role, UpgradePolicy policy, long features) {
    this(role, policy, features, NodeKey.generate(), null);
  }

  UpgradeFixture(Role role, UpgradePolicy policy, NodeIdentity key, @Nullable NodeKey peersKey) {
    this(role, policy, 0, key, peersKey);
  }

  private UpgradeFixture(
      Role role,
      UpgradePolicy policy,
      long features,
      NodeIdentity key,
      @Nullable NodeKey peersKey) {
    SecretHolders.give(keys.kems(), kem);
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, UnpooledByteBufAllocator.DEFAULT);
    boolean dials = role == Role.DIALER;
    near = dials ? ends.dialer() : ends.acceptor();
    MemoryDuplex far = dials ? ends.acceptor() : ends.dialer();
    Role other = dials ? Role.ACCEPTOR : Role.DIALER;
    peer =
        peersKey == null
            ? new HandPeer(time, far, other)
            : new HandPeer(
                time,
                far,
                other,
                peersKey,
                SessionKeyPair.generate(Secp256k1.preferred(), new SecureRandom()));
    run =
        V3Handshake.of(key, keys, time)
            .upgrade(policy)
            .features(features)
            .over(near, role, ReadLimits.NONE, ignored -> {});
    subscription = run.secure().subscribe(done -> secured = done, error -> failure = error);
    peer.agree();
  }

  void cancel() {
    subscription.dispose();
  }

  /** How many KEM pairs were made beside the given one, as some are once one was asked for. */
  int made() {
    time.advanceTime();
    return SecretHolders.waiting(keys.kems()).size() - 1;
  }

  /** As if the run's connection had written them. */
  void relay(ByteBuf records) {
    near.write(records, ignored -> {});
    time.advanceTime();
  }

  boolean isOver() {
    time.advanceTime();
    return secured != null || failure != null;
  }

  Secured secured() {
    time.advanceTime();
    if (secured == null) {
      throw new AssertionError("not secured", failure);
    }
    return secured;
  }

  Reason reason() {
    return failure().reason();
  }

  PeerException failure() {
    time.advanceTime();
    if (failure instanceof PeerException known) {
      return known;
    }
    throw new AssertionError("no failure of the peer's", failure);
  }

  /** Releases the run, and what it can still tell by. */
  Voice voice() {
    RecordSealer sealer = run.release();
    if (sealer == null) {
      return Voice.NONE;
    }
    Voice voice = sealer.control() == null ? Voice.VERSION_3 : Voice.UPGRADED;
    sealer.destroy();
    return voice;
  }
}
