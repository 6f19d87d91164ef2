package io.fluxwire.lightning;

import io.fluxwire.PacketException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Isolated;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * How to exchange {@code init} with a Lightning node, which comes before all else on a connection
 * (BOLT 1). Immutable: each setter returns a copy.
 *
 * <pre>{@code
 * InitSpec init = InitSpec.create().features(FeatureBits.of(13)).acceptUnknown();
 * PeerClient.create(key, LightningCodec.create())
 *     .dialect(Dialect.BOLT8)
 *     .remote(PeerAddress.parse("ID@HOST:9735"))
 *     .connect()
 *     .flatMap(init::exchange)
 *     .flatMapMany(LightningPeer::receive)
 * }</pre>
 */
public final class InitSpec {

  /** The default timeout: 10 s. */
  public static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** What can be set. Not changed any more once a spec has it. */
  private static final class Config {

    FeatureBits features = FeatureBits.none();

    /** Null accepts all. */
    @Nullable FeatureBits understood = FeatureBits.none();

    Duration timeout = TIMEOUT;
    Scheduler timers = Schedulers.parallel();

    Config() {}

    Config(Config other) {
      features = other.features;
      understood = other.understood;
      timeout = other.timeout;
      timers = other.timers;
    }
  }

  private static final InitSpec DEFAULT = new InitSpec(new Config());

  private final Config config;

  private InitSpec(Config config) {
    this.config = config;
  }

  private InitSpec with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new InitSpec(changed);
  }

  /**
   * The defaults: no features, and none that a peer may insist on.
   *
   * @return the spec
   */
  public static InitSpec create() {
    return DEFAULT;
  }

  /**
   * Sets what this side says that it can do.
   *
   * @param offered the bits of its {@code init}. A peer may insist on their features. Some nodes
   *     hang up on whoever has none: they want bit 12 or 13, for one
   * @return a copy
   */
  public InitSpec features(FeatureBits offered) {
    Objects.requireNonNull(offered, "offered");
    return with(c -> c.features = offered);
  }

  /**
   * Sets which features a peer may insist on besides those that this side offers.
   *
   * @param features of each pair, either bit; the default is none
   * @return a copy
   */
  public InitSpec understands(FeatureBits features) {
    Objects.requireNonNull(features, "features");
    return with(c -> c.understood = features);
  }

  /**
   * Accepts a peer whatever it insists on: for whoever only looks, and opens no channel.
   *
   * @return a copy
   */
  public InitSpec acceptUnknown() {
    return with(c -> c.understood = null);
  }

  /**
   * Sets how long the peer's {@code init} may take.
   *
   * @param limit above zero; the default is {@link #TIMEOUT}
   * @return a copy
   */
  public InitSpec timeout(Duration limit) {
    Duration checked = Arguments.positive("the timeout", limit);
    return with(c -> c.timeout = checked);
  }

  /**
   * Sets the clock of timeouts and round-trip times.
   *
   * @param scheduler the default is Reactor's parallel one
   * @return a copy
   */
  public InitSpec timers(Scheduler scheduler) {
    Objects.requireNonNull(scheduler, "scheduler");
    return with(c -> c.timers = scheduler);
  }

  /**
   * Sends this side's {@code init} and waits for the peer's. The connection is closed unless its
   * peer is emitted, cancelling included.
   *
   * <p>Emits once the peer's {@code init} is here, on the connection's event loop, and completes.
   * Errors with {@link PacketException} when the peer's first message is another one or not whole
   * ({@link Reason#PACKET_MALFORMED}), or when it insists on what this side does not know ({@link
   * Reason#UNKNOWN_EVEN_FIELD}, with the bit's number in the message); with {@link
   * PeerTimeoutException} when it does not come in time, and with what the connection ends with. A
   * peer that broke a rule is told which, if the codec is a {@link LightningCodec}.
   *
   * @param connection just made; this is its receiver from then on
   * @return the peer; subscribe once
   */
  public Mono<LightningPeer> exchange(PeerConnection<ByteBuf> connection) {
    return Isolated.mono(
            Mono.<LightningPeer>create(
                sink -> {
                  Inbox inbox = new Inbox(connection, config.timers, this::check, sink);
                  sink.onCancel(
                      () -> {
                        inbox.cancel();
                        connection.dispose();
                      });
                  connection
                      .sendOne(InitMessage.of(config.features).toMessage())
                      .subscribe(null, inbox::failed);
                  connection.receive().subscribe(inbox);
                }))
        .timeout(config.timeout, Mono.error(() -> late(connection)), config.timers)
        .doOnError(PeerException.class, failure -> refuse(connection, failure));
  }

  private void check(InitMessage init) {
    FeatureBits understood = config.understood;
    if (understood != null) {
      int bit = init.features().firstRequiredBeyond(config.features.or(understood));
      if (bit >= 0) {
        throw new PacketException(
            Reason.UNKNOWN_EVEN_FIELD,
            "the peer insists on feature " + bit + ", which this side does not know");
      }
    }
  }

  private PeerException late(PeerConnection<?> connection) {
    return new PeerTimeoutException(
        Reason.HANDSHAKE_TIMEOUT,
        "node %s did not send its init within %d ms"
            .formatted(connection.remoteId(), config.timeout.toMillis()));
  }

  private static void refuse(PeerConnection<?> connection, PeerException failure) {
    if (failure.reason().isToldToPeer()) {
      connection.closeWithError(String.valueOf(failure.getMessage())).subscribe();
    } else {
      connection.dispose();
    }
  }

  @Override
  public String toString() {
    FeatureBits understood = config.understood;
    return "InitSpec[features %s, understands %s]"
        .formatted(config.features, understood == null ? "all" : understood);
  }
}
