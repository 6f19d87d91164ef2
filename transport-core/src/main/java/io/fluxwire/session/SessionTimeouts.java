package io.fluxwire.session;

import io.fluxwire.Reason;
import io.fluxwire.internal.Arguments;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How long a session waits for what. Immutable: each setter returns a copy. A time above 100 years,
 * for "never", counts as that.
 */
public final class SessionTimeouts {

  /** What can be set. Not changed any more once an object has it. */
  private static final class Config {

    Duration handshake = Duration.ofSeconds(10);
    Duration authorizer = Duration.ofSeconds(5);
    Duration drain = Duration.ofSeconds(5);
    Duration idle = Duration.ZERO;
    Duration write = Duration.ofSeconds(20);
    Duration frame = Duration.ofSeconds(30);

    Config() {}

    Config(Config other) {
      handshake = other.handshake;
      authorizer = other.authorizer;
      drain = other.drain;
      idle = other.idle;
      write = other.write;
      frame = other.frame;
    }
  }

  /** The defaults, which each setter names. */
  public static final SessionTimeouts DEFAULT = new SessionTimeouts(new Config());

  private final Config config;

  private SessionTimeouts(Config config) {
    this.config = config;
  }

  private SessionTimeouts with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new SessionTimeouts(changed);
  }

  /**
   * Sets how long a handshake may take, from accept or TCP's connect to the emitted connection,
   * whatever happens in between.
   *
   * @param timeout the limit, above zero; the default is 10 s
   * @return a copy
   */
  public SessionTimeouts handshake(Duration timeout) {
    Duration checked = Arguments.positive("the handshake timeout", timeout);
    return with(c -> c.handshake = checked);
  }

  /**
   * Sets how long the authorizer may take to decide on a peer, within the handshake. A peer that it
   * has not decided on by then is refused with {@link Reason#AUTHORIZER_TIMEOUT}.
   *
   * @param timeout the limit; the default is 5 s, zero is as long as the handshake
   * @return a copy
   */
  public SessionTimeouts authorizer(Duration timeout) {
    Duration checked = Arguments.notNegative("the authorizer timeout", timeout);
    return with(c -> c.authorizer = checked);
  }

  /**
   * Sets how long a close waits for what is not written yet.
   *
   * @param timeout the limit, zero or above; the default is 5 s
   * @return a copy
   */
  public SessionTimeouts drain(Duration timeout) {
    Duration checked = Arguments.notNegative("the drain timeout", timeout);
    return with(c -> c.drain = checked);
  }

  /**
   * Sets how long no packet may come or go before the connection is closed.
   *
   * @param timeout the limit; zero, the default, is for ever
   * @return a copy
   */
  public SessionTimeouts idle(Duration timeout) {
    Duration checked = Arguments.notNegative("the idle timeout", timeout);
    return with(c -> c.idle = checked);
  }

  /**
   * Sets how long the peer may take nothing of what is being written before the connection is
   * closed; 1 s more is given for each 256 KiB that are on their way. A peer whose application asks
   * for no packets takes nothing.
   *
   * @param timeout the limit; the default is 20 s, zero is for ever
   * @return a copy
   */
  public SessionTimeouts write(Duration timeout) {
    Duration checked = Arguments.notNegative("the write timeout", timeout);
    return with(c -> c.write = checked);
  }

  /**
   * Sets how long the rest of a frame that has started may take, while it is asked for, before the
   * connection is closed.
   *
   * @param timeout the limit; the default is 30 s, zero is for ever
   * @return a copy
   */
  public SessionTimeouts frame(Duration timeout) {
    Duration checked = Arguments.notNegative("the frame timeout", timeout);
    return with(c -> c.frame = checked);
  }

  /**
   * How long a handshake may take.
   *
   * @return the limit
   */
  public Duration handshake() {
    return config.handshake;
  }

  /**
   * How long the authorizer may take.
   *
   * @return the limit; zero is as long as the handshake
   */
  public Duration authorizer() {
    return config.authorizer;
  }

  /**
   * How long a close waits for what is not written yet.
   *
   * @return the limit
   */
  public Duration drain() {
    return config.drain;
  }

  /**
   * How long no packet may come or go.
   *
   * @return the limit; zero is for ever
   */
  public Duration idle() {
    return config.idle;
  }

  /**
   * How long the socket may take nothing of what is being written.
   *
   * @return the limit; zero is for ever
   */
  public Duration write() {
    return config.write;
  }

  /**
   * How long the rest of a frame may take.
   *
   * @return the limit; zero is for ever
   */
  public Duration frame() {
    return config.frame;
  }

  @Override
  public String toString() {
    return "SessionTimeouts[handshake %s, authorizer %s, drain %s, idle %s, write %s, frame %s]"
        .formatted(
            config.handshake,
            config.authorizer,
            config.drain,
            config.idle,
            config.write,
            config.frame);
  }
}
