package io.fluxwire.handshake;

import io.fluxwire.crypto.Aead;
import io.fluxwire.internal.Arguments;
import io.fluxwire.record.Padding;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Whether and how a node upgrades its sessions (protocol.md section 9): which ciphers, post-quantum
 * secrecy, padding, keep-alive and how often keys are renewed. Immutable: each setter returns a
 * copy.
 */
public final class UpgradePolicy {

  /** Whether something is done. */
  public enum Mode {
    /** Never. */
    OFF,
    /** With each peer that does it, too. */
    ALLOWED,
    /** Always: a peer that does not is refused. */
    REQUIRED
  }

  /** The shortest interval of keep-alive: 30 s. */
  public static final Duration MIN_KEEP_ALIVE = Duration.ofSeconds(30);

  /** The longest time between two rotations: 1 hour. */
  public static final Duration MAX_ROTATION = Duration.ofHours(1);

  /** What can be set. Not changed any more once a policy has it. */
  private static final class Config {

    Mode mode;
    List<Aead> ciphers = PreferredAead.order();
    Mode postQuantum = Mode.ALLOWED;
    Padding padding = Padding.none();
    Duration keepAliveInterval = Duration.ZERO;
    Duration keepAliveTimeout = Duration.ZERO;
    Duration rotation = MAX_ROTATION;

    Config(Mode mode) {
      this.mode = mode;
    }

    Config(Config other) {
      mode = other.mode;
      ciphers = other.ciphers;
      postQuantum = other.postQuantum;
      padding = other.padding;
      keepAliveInterval = other.keepAliveInterval;
      keepAliveTimeout = other.keepAliveTimeout;
      rotation = other.rotation;
    }
  }

  private static final UpgradePolicy OFF = new UpgradePolicy(new Config(Mode.OFF));
  private static final UpgradePolicy ALLOWED = new UpgradePolicy(new Config(Mode.ALLOWED));
  private static final UpgradePolicy REQUIRED = new UpgradePolicy(new Config(Mode.REQUIRED));

  private final Config config;

  private UpgradePolicy(Config config) {
    this.config = config;
  }

  private UpgradePolicy with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new UpgradePolicy(changed);
  }

  /**
   * No upgrade: sessions speak version 3 to the end, and its offer by others is not looked at.
   *
   * @return the policy
   */
  public static UpgradePolicy off() {
    return OFF;
  }

  /**
   * Sessions are upgraded with each peer that does it, too. The default of clients and servers.
   *
   * @return the policy
   */
  public static UpgradePolicy allowed() {
    return ALLOWED;
  }

  /**
   * Peers that do not upgrade are refused.
   *
   * @return the policy
   */
  public static UpgradePolicy required() {
    return REQUIRED;
  }

  /**
   * Sets which ciphers are offered and accepted. The side that dialled decides: of those that it
   * was offered, it takes the one that comes first here.
   *
   * @param bestFirst at least {@link Aead#AES_128_GCM}, which every node takes. The default is all
   *     of them, AES-128-GCM and AES-256-GCM first, or ChaCha20-Poly1305 where the processor has no
   *     instructions for AES
   * @return a copy
   */
  public UpgradePolicy ciphers(Aead... bestFirst) {
    List<Aead> ciphers = List.copyOf(new LinkedHashSet<>(Arrays.asList(bestFirst)));
    if (!ciphers.contains(Aead.AES_128_GCM)) {
      throw new IllegalArgumentException(
          "every node takes AES-128-GCM, which %s lacks".formatted(ciphers));
    }
    return with(c -> c.ciphers = ciphers);
  }

  /**
   * Sets whether the keys also come from an ML-KEM-768 secret, so that whoever records a session
   * today cannot read it with a quantum computer later.
   *
   * @param mode the default is {@link Mode#ALLOWED}. The key that it takes makes the first flight
   *     of the side that was dialled some 1,385 bytes long, which a small MTU splits, and a daemon
   *     of old may fail on that (protocol.md section 9.1): {@link Mode#OFF} serves those
   * @return a copy
   */
  public UpgradePolicy postQuantum(Mode mode) {
    Objects.requireNonNull(mode, "mode");
    return with(c -> c.postQuantum = mode);
  }

  /**
   * Sets how far records are lengthened.
   *
   * @param how the default is not at all
   * @return a copy
   */
  public UpgradePolicy padding(Padding how) {
    Objects.requireNonNull(how, "how");
    return with(c -> c.padding = how);
  }

  /**
   * Asks a peer that has been silent whether it is alive, and ends the connection with {@link
   * io.fluxwire.Reason#KEEP_ALIVE_TIMEOUT} if nothing comes then. Counts only while this side
   * reads: an application that asks for no packet hears of no silence. Such a ping is also sent at
   * once, so that a peer whose application asks for no packets for a while knows to say that it is
   * alive (protocol.md section 9.4). A peer that never reads at all cannot know, and counts as
   * dead. Pings and their answers keep no idle connection: the idle timeout looks at packets alone.
   *
   * @param interval after how much silence to ask, at least {@link #MIN_KEEP_ALIVE}
   * @param timeout how long to wait then, above zero
   * @return a copy
   */
  public UpgradePolicy keepAlive(Duration interval, Duration timeout) {
    Duration asks = Arguments.positive("the keep-alive interval", interval);
    if (asks.compareTo(MIN_KEEP_ALIVE) < 0) {
      throw new IllegalArgumentException(
          "the keep-alive interval must be at least %s, not %s".formatted(MIN_KEEP_ALIVE, asks));
    }
    Duration waits = Arguments.positive("the keep-alive timeout", timeout);
    return with(
        c -> {
          c.keepAliveInterval = asks;
          c.keepAliveTimeout = waits;
        });
  }

  /**
   * Asks no silent peer. The default.
   *
   * @return a copy
   */
  public UpgradePolicy noKeepAlive() {
    return with(
        c -> {
          c.keepAliveInterval = Duration.ZERO;
          c.keepAliveTimeout = Duration.ZERO;
        });
  }

  /**
   * Sets how long the keys of a direction serve at most, while there is something to send. They are
   * also renewed after 2<sup>20</sup> seals.
   *
   * @param interval above zero, at most {@link #MAX_ROTATION}, the default
   * @return a copy
   */
  public UpgradePolicy rotation(Duration interval) {
    Duration checked = Arguments.positive("the rotation interval", interval);
    if (checked.compareTo(MAX_ROTATION) > 0) {
      throw new IllegalArgumentException(
          "the rotation interval must be at most %s, not %s".formatted(MAX_ROTATION, checked));
    }
    return with(c -> c.rotation = checked);
  }

  /**
   * Sets whether to upgrade, and leaves all else as it is.
   *
   * @param mode whether
   * @return a copy
   */
  public UpgradePolicy mode(Mode mode) {
    Objects.requireNonNull(mode, "mode");
    return with(c -> c.mode = mode);
  }

  /**
   * Whether to upgrade.
   *
   * @return the mode
   */
  public Mode mode() {
    return config.mode;
  }

  /**
   * Which ciphers are offered and accepted.
   *
   * @return best first
   */
  public List<Aead> ciphers() {
    return config.ciphers;
  }

  /**
   * Whether the keys also come from an ML-KEM-768 secret.
   *
   * @return the mode
   */
  public Mode postQuantum() {
    return config.postQuantum;
  }

  /**
   * How far records are lengthened.
   *
   * @return the padding
   */
  public Padding padding() {
    return config.padding;
  }

  /**
   * After how much silence a peer is asked whether it is alive.
   *
   * @return the interval; zero for never
   */
  public Duration keepAliveInterval() {
    return config.keepAliveInterval;
  }

  /**
   * How long a peer may take to answer.
   *
   * @return the timeout; zero if it is never asked
   */
  public Duration keepAliveTimeout() {
    return config.keepAliveTimeout;
  }

  /**
   * How long the keys of a direction serve at most.
   *
   * @return the interval
   */
  public Duration rotation() {
    return config.rotation;
  }

  @Override
  public String toString() {
    return config.mode == Mode.OFF
        ? "UpgradePolicy[OFF]"
        : "UpgradePolicy[%s, %s, post-quantum %s, %s, keep-alive %s, rotation %s]"
            .formatted(
                config.mode,
                config.ciphers,
                config.postQuantum,
                config.padding,
                config.keepAliveInterval.isZero() ? "off" : config.keepAliveInterval,
                config.rotation);
  }
}
