package io.fluxwire.handshake.bolt8;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.internal.OwnIdentity;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.WireLog;
import io.fluxwire.transport.ByteDuplex;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import reactor.core.scheduler.Scheduler;

/**
 * The handshake of BOLT 8 (protocol.md section 11), in three acts: Noise_XK over secp256k1, with
 * ChaCha20-Poly1305 and SHA-256. A side that dials has to {@linkplain #expected know} whom; one
 * that does not errors with {@link IllegalStateException}. Immutable.
 */
public final class Bolt8Handshake implements Handshake {

  private final OwnIdentity own;
  private final EphemeralKeys keys;
  private final Scheduler curveScheduler;
  private final @Nullable NodeId expected;

  private Bolt8Handshake(
      OwnIdentity own, EphemeralKeys keys, Scheduler curveScheduler, @Nullable NodeId expected) {
    this.own = own;
    this.keys = Objects.requireNonNull(keys, "keys");
    this.curveScheduler = Objects.requireNonNull(curveScheduler, "curveScheduler");
    this.expected = expected;
  }

  /**
   * A handshake for any number of connections.
   *
   * @param nodeKey this node's key, or what {@linkplain NodeIdentity#agree agrees} on keys with it
   * @param keys gives the keys of one session each
   * @param curveScheduler where curve operations run: of a dialer three, of an acceptor one before
   *     it knows that the peer means this node, and two more
   * @return the handshake
   */
  public static Bolt8Handshake of(
      NodeIdentity nodeKey, EphemeralKeys keys, Scheduler curveScheduler) {
    return new Bolt8Handshake(
        new OwnIdentity(Objects.requireNonNull(nodeKey, "nodeKey")), keys, curveScheduler, null);
  }

  /**
   * Pins the peer.
   *
   * @param peer who the peer has to be; null, the default, for anyone, which only a side that was
   *     dialled can allow
   * @return a copy
   */
  public Bolt8Handshake expected(@Nullable NodeId peer) {
    return new Bolt8Handshake(own, keys, curveScheduler, peer);
  }

  @Override
  public Run over(
      ByteDuplex duplex, Role role, ReadLimits limits, Consumer<HandshakeStage> stages) {
    return new Bolt8Run(this, duplex, role, stages);
  }

  @Override
  public WireLog wireLog(Logger log, String connection) {
    return new ActLog(log, connection);
  }

  OwnIdentity own() {
    return own;
  }

  EphemeralKeys keys() {
    return keys;
  }

  Scheduler curveScheduler() {
    return curveScheduler;
  }

  @Nullable NodeId expected() {
    return expected;
  }
}
