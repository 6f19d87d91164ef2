package io.fluxwire.handshake.v3;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.KemKeyPair;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SharedSecret;
import io.fluxwire.crypto.TrafficSecret;
import io.fluxwire.crypto.UpgradeSecrets;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.aead.AeadRecords;
import io.fluxwire.record.aead.ReadyRule;
import io.fluxwire.record.aead.Sealing;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Both sides' proofs in one run, with the offer and the choice of an upgrade in them, and the
 * switch that follows (protocol.md sections 4, 9.1 and 9.2).
 */
final class Authentication {

  private static final String AUTHENTICATE = "the peer's authenticate";

  private final V3Run run;
  private final byte[] ours;
  private final byte[] theirs;
  private final SharedSecret shared;
  private final UpgradePolicy policy;
  private final Scheduler curve;
  private final Authenticator authenticator;

  /**
   * The authentication of one run.
   *
   * @param ours this side's session public key
   * @param theirs the peer's
   * @param shared what keys come from after an upgrade; destroyed already if there is none
   */
  Authentication(V3Run run, byte[] ours, byte[] theirs, SharedSecret shared) {
    this.run = run;
    this.ours = ours;
    this.theirs = theirs;
    this.shared = shared;
    V3Handshake handshake = run.handshake();
    this.policy = handshake.upgrade();
    this.curve = handshake.curveScheduler();
    this.authenticator =
        new Authenticator(handshake.nodeKey(), ours, handshake.expected(), Secp256k1.preferred());
  }

  private boolean upgrades() {
    return policy.mode() != Mode.OFF;
  }

  private long features() {
    return run.handshake().features();
  }

  private Mono<byte[]> proof(byte @Nullable [] upgrade) {
    return authenticator
        .prove(theirs, upgrade, curve)
        .doOnSubscribe(ignored -> run.awaits("this node's signer"))
        .map(this::encoded);
  }

  private byte[] encoded(Pkt packet) {
    ByteBuf payload = PacketCodec.pkt().encode(packet, run.duplex().allocator());
    try {
      return ByteBufUtil.getBytes(payload);
    } finally {
      payload.release();
    }
  }

  // The side that was dialled

  /** What it offers, and the key for what comes back. */
  private record Offered(@Nullable UpgradeOffer offer, @Nullable KemKeyPair kem) {}

  /** What it has offered, in which bytes. */
  private record Said(Offered offered, byte[] payload) {}

  Mono<V3Run.Outcome> accept(Mono<Optional<byte[]>> first) {
    Mono<Said> said =
        offered()
            .flatMap(
                offered -> {
                  UpgradeOffer offer = offered.offer();
                  return proof(offer == null ? null : offer.toBytes())
                      .map(payload -> say(offered, payload));
                });
    Mono<PeerProof> heard =
        first
            .publishOn(curve)
            .flatMap(this::payload)
            .doOnNext(payload -> run.records().heard(upgrades() && UpgradeField.isIn(payload)))
            .map(authenticator::proof);
    return Mono.zip(said, heard, this::settle);
  }

  /** The peer's first payload, on the curve's scheduler, from the record that was gathered. */
  private Mono<byte[]> payload(Optional<byte[]> gathered) {
    return gathered
        .map(run::opened)
        .orElseGet(() -> Authenticator.first(run.nextPayload()).publishOn(curve));
  }

  private Mono<Offered> offered() {
    if (!upgrades()) {
      return Mono.just(new Offered(null, null));
    }
    if (policy.postQuantum() == Mode.OFF) {
      return Mono.just(new Offered(UpgradeOffer.of(policy, null, features()), null));
    }
    return run.handshake()
        .keys()
        .kems()
        .next()
        .doOnNext(run::wipe)
        .map(kem -> new Offered(UpgradeOffer.of(policy, kem.publicKey(), features()), kem));
  }

  private Said say(Offered offered, byte[] payload) {
    run.awaits(AUTHENTICATE);
    if (offered.offer() == null) {
      run.records().say(payload);
    } else {
      run.records().offer(payload);
    }
    return new Said(offered, payload);
  }

  private V3Run.Outcome settle(Said said, PeerProof proof) {
    byte[] field = upgrades() ? proof.upgrade() : null;
    if (field == null) {
      authenticator.requireWanted(proof.peer());
      Upgrades.requireVersion3Wanted(policy);
      return new V3Run.Outcome(proof.peer(), SessionParameters.V3);
    }
    UpgradeChoice choice = UpgradeChoice.parse(field, said.offered().offer());
    run.records()
        .switchTo(
            () -> {
              byte[] kemSecret = decapsulated(said.offered().kem(), choice.ciphertext());
              try {
                UpgradeSecrets secrets =
                    shared.use(
                        secret ->
                            UpgradeSecrets.derive(
                                theirs, ours, said.payload(), proof.payload(), secret, kemSecret));
                return directions(choice, secrets.acceptor(), secrets.dialer(), ReadyRule.REFUSED);
              } finally {
                wipe(kemSecret);
              }
            });
    // Only now, since a sound choice that is not wanted is refused under the new keys.
    Upgrades.requireWanted(policy, choice);
    authenticator.requireWanted(proof.peer());
    return new V3Run.Outcome(proof.peer(), choice.parameters());
  }

  private static byte @Nullable [] decapsulated(
      @Nullable KemKeyPair kem, byte @Nullable [] ciphertext) {
    return kem == null || ciphertext == null ? null : kem.decapsulate(ciphertext);
  }

  private static void wipe(byte @Nullable [] secret) {
    if (secret != null) {
      Arrays.fill(secret, (byte) 0);
    }
  }

  // The side that dialled

  Mono<V3Run.Outcome> dial(Optional<byte[]> first) {
    return payload(first)
        .map(authenticator::proof)
        .flatMap(
            proof -> {
              authenticator.requireWanted(proof.peer());
              ChosenUpgrade chosen = upgrades() ? choose(proof) : null;
              return chosen == null ? stay(proof) : upgrade(proof, chosen);
            });
  }

  private @Nullable ChosenUpgrade choose(PeerProof proof) {
    byte[] field = proof.upgrade();
    UpgradeOffer offer = field == null ? null : UpgradeOffer.parse(field);
    ChosenUpgrade chosen =
        Upgrades.choose(policy, features(), offer, run.handshake().keys().random());
    if (chosen == null) {
      shared.destroy();
    } else {
      run.wipe(chosen);
    }
    return chosen;
  }

  private Mono<V3Run.Outcome> stay(PeerProof proof) {
    return proof(null)
        .map(
            payload -> {
              run.awaits(AUTHENTICATE);
              run.records().say(payload);
              return new V3Run.Outcome(proof.peer(), SessionParameters.V3);
            });
  }

  private Mono<V3Run.Outcome> upgrade(PeerProof proof, ChosenUpgrade chosen) {
    UpgradeChoice choice = chosen.choice();
    return proof(choice.toBytes())
        .flatMap(
            payload -> {
              run.awaits("the peer's READY");
              run.records().choose(payload, () -> dialersDirections(proof, chosen, payload));
              return ready().thenReturn(new V3Run.Outcome(proof.peer(), choice.parameters()));
            });
  }

  private RunRecords.Directions dialersDirections(
      PeerProof proof, ChosenUpgrade chosen, byte[] payload) {
    try {
      UpgradeSecrets secrets =
          shared.use(
              secret ->
                  UpgradeSecrets.derive(
                      ours, theirs, proof.payload(), payload, secret, chosen.kemSecret()));
      return directions(chosen.choice(), secrets.dialer(), secrets.acceptor(), ReadyRule.EXPECTED);
    } finally {
      chosen.destroy();
    }
  }

  /** READY is an empty payload, lent. */
  private Mono<Boolean> ready() {
    return run.nextPayload()
        .map(ready -> true)
        .next()
        .onErrorMap(Authentication::beforeReady)
        .switchIfEmpty(Mono.error(() -> closedBeforeReady(null)));
  }

  private static Throwable beforeReady(Throwable failure) {
    boolean ended =
        failure instanceof PeerException known
            ? known.reason() == Reason.CONNECTION_LOST
                || known.reason() == Reason.CLOSED_BY_PEER
                || known.reason() == Reason.STREAM_TRUNCATED
            : failure instanceof IOException;
    return ended ? closedBeforeReady(failure) : failure;
  }

  private static PeerException closedBeforeReady(@Nullable Throwable cause) {
    String message = "the peer refused the upgrade without a word, or was cut off, before READY";
    return cause == null
        ? new ConnectionClosedException(Reason.CLOSED_BEFORE_READY, message)
        : new ConnectionClosedException(Reason.CLOSED_BEFORE_READY, message, cause);
  }

  // Both

  private RunRecords.Directions directions(
      UpgradeChoice choice, TrafficSecret sending, TrafficSecret receiving, ReadyRule ready) {
    Aead cipher = choice.cipher();
    ByteBufAllocator allocator = run.duplex().allocator();
    Scheduler clock = run.duplex().scheduler();
    Sealing sealing =
        new Sealing(policy.padding(), policy.rotation(), () -> clock.now(TimeUnit.NANOSECONDS));
    return new RunRecords.Directions(
        AeadRecords.opener(cipher, receiving, allocator, ready, choice.features()),
        AeadRecords.sealer(cipher, sending, allocator, sealing));
  }
}
