package io.fluxwire.netty;

import io.fluxwire.memory.MemoryBudget;
import java.net.InetAddress;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Limits of how many inbound connections a server has, and of how many bytes they may hold
 * together. The number is checked when a connection is accepted, before a byte of it is read and
 * before anything is computed. Immutable: each setter returns a copy.
 *
 * <p>Every accepted connection counts as a connection until it is closed, and as a handshake until
 * its peer is authenticated and authorized. A connection that exceeds a limit is reset at once and
 * counted by {@link io.fluxwire.observe.FluxwireMeters#HANDSHAKES_REFUSED}, and {@link
 * PeerServer#doOnHandshakeFailure} is called with a reason that names the limit. But when the limit
 * of all connections or of all handshakes is reached, the oldest handshake is closed instead to
 * make room, if it has taken at least 1 s and is not a friend's ({@link #reserve}): {@link
 * io.fluxwire.Reason#HANDSHAKE_EVICTED}.
 *
 * <p>Connections that this node dials never count, so that strangers cannot keep it from dialling
 * its peers. For friends that dial this node, {@link #reserve} keeps slots.
 */
public final class InboundLimits {

  private static final long UNBOUNDED = Long.MAX_VALUE;

  private static final InboundLimits DEFAULT = new InboundLimits(new Config());

  /** The settings. They do not change once limits have them. */
  private static final class Config {

    int connections = 128;
    int perIpv4 = 8;
    int perIpv6Of56 = 8;
    int perIpv6Of48 = 32;
    int handshakes = 64;
    int handshakesPerAddress = 4;
    int reserved = 0;
    Predicate<? super InetAddress> friends = address -> false;
    Predicate<? super InetAddress> shared = InetAddress::isLoopbackAddress;
    long bytes = 64L << 20;

    Config() {}

    Config(Config other) {
      connections = other.connections;
      perIpv4 = other.perIpv4;
      perIpv6Of56 = other.perIpv6Of56;
      perIpv6Of48 = other.perIpv6Of48;
      handshakes = other.handshakes;
      handshakesPerAddress = other.handshakesPerAddress;
      reserved = other.reserved;
      friends = other.friends;
      shared = other.shared;
      bytes = other.bytes;
    }
  }

  private final Config config;

  private InboundLimits(Config config) {
    this.config = config;
  }

  private InboundLimits with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new InboundLimits(changed);
  }

  /**
   * The defaults: 128 connections, 8 per IPv4 address or IPv6 /56, 32 per IPv6 /48; 64 handshakes
   * at a time, 4 per address; no slots reserved; loopback addresses are shared; 64 MiB.
   *
   * @return the limits
   */
  public static InboundLimits create() {
    return DEFAULT;
  }

  /**
   * No limits, for servers that are protected by other means, and for measurements.
   *
   * @return the limits
   */
  public static InboundLimits none() {
    int all = Integer.MAX_VALUE;
    return create()
        .connections(all)
        .perIpv4Address(all)
        .perIpv6Network(all, all)
        .handshakes(all, all)
        .bytes(UNBOUNDED);
  }

  /**
   * Sets how many connections there may be in total, reserved slots not counted.
   *
   * @param max above zero; 128 by default
   * @return a copy
   */
  public InboundLimits connections(int max) {
    int checked = positive("connections", max);
    return with(c -> c.connections = checked);
  }

  /**
   * Sets how many connections there may be per IPv4 address.
   *
   * @param max above zero; 8 by default
   * @return a copy
   */
  public InboundLimits perIpv4Address(int max) {
    int checked = positive("connections of an IPv4 address", max);
    return with(c -> c.perIpv4 = checked);
  }

  /**
   * Sets how many connections there may be per IPv6 network. Internet providers assign networks,
   * not addresses: typically a /56 to a household and a /48 to a company.
   *
   * @param maxOf56 per /56, above zero; 8 by default
   * @param maxOf48 per /48, above zero; 32 by default
   * @return a copy
   */
  public InboundLimits perIpv6Network(int maxOf56, int maxOf48) {
    int of56 = positive("connections of an IPv6 /56", maxOf56);
    int of48 = positive("connections of an IPv6 /48", maxOf48);
    return with(
        c -> {
          c.perIpv6Of56 = of56;
          c.perIpv6Of48 = of48;
        });
  }

  /**
   * Sets how many handshakes there may be at a time.
   *
   * @param max in total, above zero; 64 by default
   * @param maxPerAddress per IPv4 address or IPv6 /56, above zero; 4 by default
   * @return a copy
   */
  public InboundLimits handshakes(int max, int maxPerAddress) {
    int inAll = positive("handshakes", max);
    int perAddress = positive("handshakes of an address", maxPerAddress);
    return with(
        c -> {
          c.handshakes = inAll;
          c.handshakesPerAddress = perAddress;
        });
  }

  /**
   * Reserves slots for friends. A friend that the limits would refuse takes one of these slots, and
   * no other limit applies to that connection.
   *
   * @param slots how many, on top of {@link #connections(int)}; none by default
   * @param addresses true for the addresses of friends, such as a {@link
   *     io.fluxwire.access.CidrList}; called on an event loop, must not block
   * @return a copy
   */
  public InboundLimits reserve(int slots, Predicate<? super InetAddress> addresses) {
    int checked = positive("reserved slots", slots);
    Objects.requireNonNull(addresses, "addresses");
    return with(
        c -> {
          c.reserved = checked;
          c.friends = addresses;
        });
  }

  /**
   * Sets the addresses that many peers may share, such as the address of a proxy or of a relay. The
   * limits per address or network do not apply to them; the limits in total do.
   *
   * @param addresses the test; called on an event loop, must not block. By default loopback
   *     addresses
   * @return a copy
   */
  public InboundLimits shared(Predicate<? super InetAddress> addresses) {
    Objects.requireNonNull(addresses, "addresses");
    return with(c -> c.shared = addresses);
  }

  /**
   * Sets how many bytes all connections of a server may hold together. What counts is packets over
   * 64 KiB that are arriving, and, for each connection with more than 64 KiB of them, bytes that
   * were written and that the socket has not accepted.
   *
   * <p>While the limit is reached, no other large packet is read, and sends ask their sources for
   * less. When a packet has waited for 5 s, one of the connections that have held bytes for at
   * least 5 s is closed with {@link io.fluxwire.Reason#BYTES_EXHAUSTED}: the one whose bytes,
   * multiplied by the time that it has held them, are the most. Written bytes may exceed the limit
   * by one packet per connection, but not beyond twice the limit: then a connection is closed at
   * once.
   *
   * @param max at least 2 MiB; 64 MiB by default
   * @return a copy
   */
  public InboundLimits bytes(long max) {
    if (max < MemoryBudget.MIN) {
      throw new IllegalArgumentException(
          "the limit of bytes is at least %d, not %d".formatted(MemoryBudget.MIN, max));
    }
    return with(c -> c.bytes = max);
  }

  private static int positive(String what, int max) {
    if (max < 1) {
      throw new IllegalArgumentException(
          "the limit of %s is above zero, not %d".formatted(what, max));
    }
    return max;
  }

  /** Null when there is no limit. */
  @Nullable MemoryBudget budget(LongConsumer observer) {
    return config.bytes == UNBOUNDED ? null : new MemoryBudget(config.bytes, observer);
  }

  int connections() {
    return config.connections;
  }

  int perIpv4() {
    return config.perIpv4;
  }

  int perIpv6Of56() {
    return config.perIpv6Of56;
  }

  int perIpv6Of48() {
    return config.perIpv6Of48;
  }

  int handshakes() {
    return config.handshakes;
  }

  int handshakesPerAddress() {
    return config.handshakesPerAddress;
  }

  int reserved() {
    return config.reserved;
  }

  boolean isFriend(InetAddress address) {
    return config.friends.test(address);
  }

  boolean isShared(InetAddress address) {
    return config.shared.test(address);
  }

  @Override
  public String toString() {
    return ("InboundLimits[%d connections, %d per IPv4 address, %d per IPv6 /56, %d per /48,"
            + " %d handshakes, %d per address, %d reserved, %d bytes]")
        .formatted(
            config.connections,
            config.perIpv4,
            config.perIpv6Of56,
            config.perIpv6Of48,
            config.handshakes,
            config.handshakesPerAddress,
            config.reserved,
            config.bytes);
  }
}
