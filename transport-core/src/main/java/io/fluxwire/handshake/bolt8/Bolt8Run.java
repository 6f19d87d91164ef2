package io.fluxwire.handshake.bolt8;

import io.fluxwire.NodeId;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.ChainedKey;
import io.fluxwire.crypto.NoiseKeys;
import io.fluxwire.crypto.NoiseState;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.handshake.internal.OwnIdentity;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.aead.MessageRecords;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * One run of the three acts. What is computed runs on the curve's scheduler, and what is read on
 * the connection's, so that a peer that hangs up or sends another version takes no turn there.
 */
final class Bolt8Run implements Handshake.Run {

  private final Bolt8Handshake handshake;
  private final OwnIdentity own;
  private final ByteDuplex duplex;
  private final Role role;
  private final Consumer<HandshakeStage> stages;

  /** Destroys the secrets of this run; at once, when it is over. */
  private final Disposable.Composite secrets = Disposables.composite();

  private volatile String awaited;

  /** What the acts gave, until somebody has it; null before and after. */
  private @Nullable Secured secured;

  private boolean over;

  Bolt8Run(
      Bolt8Handshake handshake, ByteDuplex duplex, Role role, Consumer<HandshakeStage> stages) {
    this.handshake = handshake;
    this.own = handshake.own();
    this.duplex = duplex;
    this.role = role;
    this.stages = stages;
    this.awaited = role == Role.ACCEPTOR ? "the peer's act one" : "an ephemeral key";
  }

  @Override
  public String awaited() {
    return awaited;
  }

  @Override
  public Mono<Secured> secure() {
    return Mono.defer(() -> role == Role.ACCEPTOR ? accept() : dial(requireRemote()))
        .handle(
            (done, sink) -> {
              if (take()) {
                sink.next(done);
              }
            });
  }

  private NodeId requireRemote() {
    NodeId remote = handshake.expected();
    if (remote == null) {
      throw new IllegalStateException(
          "BOLT 8 cannot dial a peer whose id it does not know: set the expected one first");
    }
    return remote;
  }

  // The side that dialled

  private Mono<Secured> dial(NodeId remote) {
    return ephemeral()
        .map(pair -> initiator(remote, pair))
        .flatMap(
            initiator -> {
              say(initiator.actOne());
              return heard(Act.TWO, "the peer's act two")
                  .doOnNext(act -> stages.accept(HandshakeStage.AGREEMENT))
                  .flatMap(act -> computed(initiator.actThree(act)).flatMap(this::written))
                  .then(Mono.fromSupplier(() -> secured(remote, initiator.keys())));
            });
  }

  private Initiator initiator(NodeId remote, SessionKeyPair pair) {
    // Before a byte is sent: whoever dials itself would find out at its act three.
    own.requireWanted(remote, null);
    NoiseState noise = Noise.start(remote.toBytes());
    wipe(noise::destroy);
    return new Initiator(Secp256k1.preferred(), own, remote, pair, noise);
  }

  // The side that was dialled

  private Mono<Secured> accept() {
    return heard(Act.ONE, "the peer's act one")
        .flatMap(
            actOne -> {
              stages.accept(HandshakeStage.AGREEMENT);
              Responder responder = responder();
              return computed(responder.readActOne(actOne))
                  // Only now: who does not mean this node gets no key of it.
                  .flatMap(theirs -> ephemeral().flatMap(pair -> accept(responder, theirs, pair)));
            });
  }

  private Mono<Secured> accept(Responder responder, byte[] theirs, SessionKeyPair pair) {
    say(responder.actTwo(theirs, pair));
    stages.accept(HandshakeStage.AUTHENTICATE);
    return heard(Act.THREE, "the peer's act three")
        .map(
            actThree -> {
              NodeId peer = responder.readActThree(actThree, pair);
              Secured done = secured(peer, responder.keys());
              // Only now, since whoever is not wanted can be told.
              own.requireWanted(peer, handshake.expected());
              return done;
            });
  }

  private Responder responder() {
    NoiseState noise = Noise.start(own.id().toBytes());
    wipe(noise::destroy);
    return new Responder(Secp256k1.preferred(), own, noise);
  }

  // Both

  private Mono<SessionKeyPair> ephemeral() {
    return handshake
        .keys()
        .sessions()
        .next()
        .doOnNext(pair -> wipe(pair::destroy))
        .publishOn(handshake.curveScheduler());
  }

  /** Reads an act, and goes on on the curve's scheduler. */
  private Mono<byte[]> heard(Act act, String what) {
    return act.read(duplex)
        .doOnSubscribe(ignored -> awaited = what)
        .subscribeOn(duplex.scheduler())
        .publishOn(handshake.curveScheduler());
  }

  /** What this node's identity takes part in, and may signal anywhere. */
  private <T> Mono<T> computed(Mono<T> step) {
    Mono<T> waiting = step.doOnSubscribe(ignored -> awaited = "this node's identity");
    return own.isLocal() ? waiting : waiting.publishOn(handshake.curveScheduler());
  }

  /** A write that fails ends the connection, which the reading side reports. */
  private void say(byte[] act) {
    duplex.write(Unpooled.wrappedBuffer(act), failure -> {});
  }

  private Mono<Void> written(byte[] act) {
    return Mono.<Void>create(
            sink -> duplex.write(Unpooled.wrappedBuffer(act), failure -> settle(sink, failure)))
        .doOnSubscribe(ignored -> awaited = "the peer to take act three");
  }

  private static void settle(MonoSink<Void> sink, @Nullable Throwable failure) {
    if (failure == null) {
      sink.success();
    } else {
      sink.error(failure);
    }
  }

  private void wipe(Disposable secret) {
    secrets.add(secret);
  }

  /** Makes both directions; those of a run that is over are destroyed at once. */
  private synchronized Secured secured(NodeId peer, NoiseKeys keys) {
    boolean dialled = role == Role.DIALER;
    ChainedKey sending = dialled ? keys.initiator() : keys.responder();
    ChainedKey receiving = dialled ? keys.responder() : keys.initiator();
    ByteBufAllocator allocator = duplex.allocator();
    Secured done =
        new Secured(
            peer,
            MessageRecords.opener(receiving, allocator),
            MessageRecords.sealer(sending, allocator),
            SessionParameters.BOLT8);
    if (over) {
      done.destroy();
    } else {
      secured = done;
    }
    return done;
  }

  /** Hands the keys over; false if the run is over, and has destroyed them. */
  private synchronized boolean take() {
    secrets.dispose();
    boolean taken = secured != null;
    secured = null;
    over = true;
    return taken;
  }

  @Override
  public synchronized @Nullable RecordSealer release() {
    Secured unused = secured;
    take();
    if (unused == null) {
      return null;
    }
    unused.opener().destroy();
    return unused.sealer();
  }
}
