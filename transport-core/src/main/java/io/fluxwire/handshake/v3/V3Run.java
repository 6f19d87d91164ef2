package io.fluxwire.handshake.v3;

import io.fluxwire.NodeId;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.Records;
import io.fluxwire.transport.ByteDuplex;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/**
 * One run of the stages of version 3. What is computed runs on the curve's scheduler, and what is
 * read on the connection's.
 */
final class V3Run implements Handshake.Run {

  private final V3Handshake handshake;
  private final ByteDuplex duplex;
  private final Role role;
  private final ReadLimits limits;
  private final Consumer<HandshakeStage> stages;

  /** Destroys the secrets that are not in use yet; at once, when the run is over. */
  private final Disposable.Composite unused = Disposables.composite();

  private @Nullable Directions directions;
  private volatile String awaited = "the peer's session key";

  V3Run(
      V3Handshake handshake,
      ByteDuplex duplex,
      Role role,
      ReadLimits limits,
      Consumer<HandshakeStage> stages) {
    this.handshake = handshake;
    this.duplex = duplex;
    this.role = role;
    this.limits = limits;
    this.stages = stages;
  }

  @Override
  public String awaited() {
    return awaited;
  }

  @Override
  public Mono<Secured> secure() {
    return handshake
        .keyPairs()
        .next()
        .doOnNext(pair -> unused.add(pair::destroy))
        .flatMap(
            pair ->
                SessionKeyExchange.exchange(duplex, pair)
                    // Only the computation goes to the curve's scheduler: that the peer hangs up or
                    // breaks a rule before it does not wait in its queue.
                    .flatMap(
                        theirs ->
                            Mono.defer(() -> agree(pair, theirs))
                                .subscribeOn(handshake.curveScheduler())))
        .handle(this::secured);
  }

  private Mono<NodeId> agree(SessionKeyPair ours, byte[] theirs) {
    stages.accept(HandshakeStage.AGREEMENT);
    return Mono.just(theirs)
        .transform(KeyAgreement.agree(ours, Secp256k1.preferred()))
        .doOnNext(keys -> unused.add(keys::destroy))
        .flatMap(
            keys -> {
              awaited = "the peer's authenticate";
              stages.accept(HandshakeStage.AUTHENTICATE);
              return authenticate(ours.publicKey(), theirs, keys);
            });
  }

  private Mono<NodeId> authenticate(byte[] ours, byte[] theirs, SessionKeys keys) {
    Authenticator authenticator =
        new Authenticator(handshake.nodeKey(), ours, handshake.expected(), Secp256k1.preferred());
    Mono<NodeId> verified =
        Mono.defer(
                () ->
                    Records.openFirst(duplex, startRecords(keys).opener(), limits)
                        .as(authenticator.verify(handshake.curveScheduler())))
            .subscribeOn(duplex.scheduler());
    Mono<Boolean> proven =
        authenticator
            .prove(theirs, handshake.curveScheduler())
            .doOnSubscribe(ignored -> awaited = "this node's signer")
            .map(
                proof -> {
                  awaited = "the peer's authenticate";
                  say(proof, keys);
                  return true;
                });
    return role == Role.ACCEPTOR
        ? Mono.zip(proven, verified, (done, peer) -> peer)
        : verified.delayUntil(peer -> proven);
  }

  /** Both directions, started once by whichever comes first of what is said and what is read. */
  private record Directions(RecordOpener opener, RecordSealer sealer) {}

  private synchronized Directions startRecords(SessionKeys keys) {
    Directions both = directions;
    if (both == null) {
      both =
          new Directions(
              handshake.records().opener(keys.receiving(), duplex.allocator()),
              handshake.records().sealer(keys.sending(), duplex.allocator()));
      directions = both;
    }
    return both;
  }

  /** Under the lock, so that a refusal is sealed after this or instead of it. */
  private synchronized void say(Pkt packet, SessionKeys keys) {
    RecordSealer sealer = startRecords(keys).sealer();
    sealer.add(PacketCodec.pkt().encode(packet, duplex.allocator()));
    // A write that fails ends the connection, and with it whoever waits for the peer's answer.
    duplex.write(sealer.flush(), failure -> {});
  }

  private void secured(NodeId peer, SynchronousSink<Secured> sink) {
    Directions both = take();
    if (both != null) {
      sink.next(new Secured(peer, both.opener(), both.sealer(), SessionParameters.V3));
    }
  }

  @Override
  public @Nullable RecordSealer release() {
    Directions both = take();
    if (both == null) {
      return null;
    }
    both.opener().destroy();
    return both.sealer();
  }

  private synchronized @Nullable Directions take() {
    unused.dispose();
    Directions both = directions;
    directions = null;
    return both;
  }
}
