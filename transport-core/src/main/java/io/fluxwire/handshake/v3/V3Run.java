package io.fluxwire.handshake.v3;

import io.fluxwire.NodeId;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.crypto.SharedSecret;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.Records;
import io.fluxwire.record.WireLog;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.security.auth.DestroyFailedException;
import javax.security.auth.Destroyable;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.SynchronousSink;

/**
 * One run of the stages of version 3, up to the switch to an upgrade. What is computed runs on the
 * curve's scheduler, and what is read on the connection's.
 */
final class V3Run implements Handshake.Run {

  /**
   * How long a dialer waits for the peer's proof before it begins to compute: no deadline for the
   * peer, whose proof takes less than 1 ms as a rule. After that it agrees on keys all the same, so
   * that an invalid session key of a peer that is silent from then on is found.
   */
  static final Duration PROOF_WAIT = Duration.ofMillis(100);

  /** What both sides have agreed on. */
  record Outcome(NodeId peer, SessionParameters parameters) {}

  private final V3Handshake handshake;
  private final ByteDuplex duplex;
  private final Role role;
  private final ReadLimits limits;
  private final Consumer<HandshakeStage> stages;
  private final RunRecords records;

  /** Destroys the secrets that are not in use yet; at once, when the run is over. */
  private final Disposable.Composite unused = Disposables.composite();

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
    this.records = new RunRecords(duplex);
  }

  @Override
  public void wireLog(WireLog log) {
    records.log(log);
  }

  @Override
  public String awaited() {
    return awaited;
  }

  void awaits(String what) {
    awaited = what;
  }

  V3Handshake handshake() {
    return handshake;
  }

  ByteDuplex duplex() {
    return duplex;
  }

  RunRecords records() {
    return records;
  }

  /** Wipes a secret when the run is over, however it ends. */
  void wipe(Destroyable secret) {
    unused.add(() -> destroy(secret));
  }

  private static void destroy(Destroyable secret) {
    try {
      secret.destroy();
    } catch (DestroyFailedException e) {
      throw new IllegalStateException("what holds keys here can be destroyed", e);
    }
  }

  /** The first payload that comes under the current keys, on the connection's scheduler. */
  Flux<ByteBuf> nextPayload() {
    return Flux.defer(
            () -> {
              RecordOpener opener = records.opener();
              // When the run is over, nobody waits for anything.
              return opener == null
                  ? Flux.<ByteBuf>never()
                  : Records.openFirst(duplex, opener, limits);
            })
        .subscribeOn(duplex.scheduler());
  }

  /** The payload of a peer's first record that was gathered; never, when the run is over. */
  Mono<byte[]> opened(byte[] record) {
    return Mono.defer(
        () -> {
          byte[] payload = records.open(record);
          return payload == null ? Mono.never() : Mono.just(payload);
        });
  }

  @Override
  public Mono<Secured> secure() {
    return handshake
        .keys()
        .sessions()
        .next()
        .doOnNext(this::wipe)
        .flatMap(
            pair ->
                SessionKeyExchange.exchange(duplex, pair)
                    .flatMap(
                        theirs ->
                            role == Role.ACCEPTOR ? accept(pair, theirs) : dial(pair, theirs)))
        .handle(this::secured);
  }

  /** The peer's proof comes while this side computes, or after that. */
  private Mono<Outcome> accept(SessionKeyPair pair, byte[] theirs) {
    Sinks.One<Optional<byte[]>> first = Sinks.one();
    unused.add(FirstRecord.gather(duplex, handshake.records()).subscribe(first::tryEmitValue));
    return agree(pair, theirs, authentication -> authentication.accept(first.asMono()));
  }

  /** The peer's proof follows its session key, so that both are worth one pass. */
  private Mono<Outcome> dial(SessionKeyPair pair, byte[] theirs) {
    return FirstRecord.gather(duplex, handshake.records())
        .timeout(PROOF_WAIT, Mono.just(Optional.empty()), duplex.scheduler())
        .flatMap(first -> agree(pair, theirs, authentication -> authentication.dial(first)));
  }

  /**
   * Only what is computed goes to the curve's scheduler: that the peer hangs up or breaks a rule
   * before it does not wait in its queue.
   */
  private Mono<Outcome> agree(
      SessionKeyPair ours, byte[] theirs, Function<Authentication, Mono<Outcome>> next) {
    return Mono.fromSupplier(
            () -> {
              stages.accept(HandshakeStage.AGREEMENT);
              return theirs;
            })
        .transform(KeyAgreement.share(ours, Secp256k1.preferred()))
        .doOnNext(this::wipe)
        .flatMap(
            shared -> {
              records.start(() -> version3(shared));
              if (handshake.upgrade().mode() == Mode.OFF) {
                shared.destroy();
              }
              awaited = "the peer's authenticate";
              stages.accept(HandshakeStage.AUTHENTICATE);
              return next.apply(new Authentication(this, ours.publicKey(), theirs, shared));
            })
        .subscribeOn(handshake.curveScheduler());
  }

  private RunRecords.Directions version3(SharedSecret shared) {
    SessionKeys keys = shared.sessionKeys();
    return new RunRecords.Directions(
        handshake.records().opener(keys.receiving(), duplex.allocator()),
        handshake.records().sealer(keys.sending(), duplex.allocator()));
  }

  private void secured(Outcome outcome, SynchronousSink<Secured> sink) {
    RunRecords.Directions both = records.take();
    unused.dispose();
    if (both != null) {
      sink.next(new Secured(outcome.peer(), both.opener(), both.sealer(), outcome.parameters()));
    }
  }

  /** The records first, so that nobody derives keys from secrets that are wiped already. */
  @Override
  public @Nullable RecordSealer release() {
    RecordSealer sealer = records.release();
    unused.dispose();
    return sealer;
  }
}
