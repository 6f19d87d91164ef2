package io.fluxwire.netty;

import io.fluxwire.memory.ByteBudget;
import java.net.InetAddress;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How many connections a server takes, checked when one is accepted: before a byte of it is read
 * and before anything is computed; and how much they may hold together. Immutable: each setter
 * returns a copy.
 *
 * <p>Every accepted connection counts until it is closed, and as a handshake until its peer is
 * authenticated and authorized. What is over a limit is reset at once, counted by {@link
 * io.fluxwire.observe.FluxwireMeters#HANDSHAKES_REFUSED} and told to {@link
 * PeerServer#onHandshakeFailure} with a reason of its own. Where a limit in all is reached, the
 * oldest handshake makes way instead, if it has taken 1 s and is no friend's: {@link
 * io.fluxwire.Reason#HANDSHAKE_EVICTED}.
 *
 * <p>Connections that this node dials never count: however many strangers come, it reaches whom it
 * wants to reach. For friends that dial it, {@link #reserve} keeps slots.
 */
public final class InboundLimits {

  private static final long UNBOUNDED = Long.MAX_VALUE;

  private static final InboundLimits DEFAULT =
      new InboundLimits(
          128, 8, 8, 32, 64, 4, 0, address -> false, InetAddress::isLoopbackAddress, 64L << 20);

  private final int connections;
  private final int perIpv4;
  private final int perIpv6Of56;
  private final int perIpv6Of48;
  private final int handshakes;
  private final int handshakesPerAddress;
  private final int reserved;
  private final Predicate<? super InetAddress> friends;
  private final Predicate<? super InetAddress> shared;
  private final long bytes;

  private InboundLimits(
      int connections,
      int perIpv4,
      int perIpv6Of56,
      int perIpv6Of48,
      int handshakes,
      int handshakesPerAddress,
      int reserved,
      Predicate<? super InetAddress> friends,
      Predicate<? super InetAddress> shared,
      long bytes) {
    this.connections = connections;
    this.perIpv4 = perIpv4;
    this.perIpv6Of56 = perIpv6Of56;
    this.perIpv6Of48 = perIpv6Of48;
    this.handshakes = handshakes;
    this.handshakesPerAddress = handshakesPerAddress;
    this.reserved = reserved;
    this.friends = friends;
    this.shared = shared;
    this.bytes = bytes;
  }

  /**
   * The defaults: 128 connections, 8 of one IPv4 address or IPv6 /56, 32 of one IPv6 /48; 64
   * handshakes at a time, 4 of one address; nothing reserved; loopback addresses are shared; 64 MiB
   * held.
   *
   * @return the limits
   */
  public static InboundLimits create() {
    return DEFAULT;
  }

  /**
   * No limits, for servers that something else protects, and for measurements.
   *
   * @return the limits
   */
  public static InboundLimits none() {
    int all = Integer.MAX_VALUE;
    return new InboundLimits(
        all,
        all,
        all,
        all,
        all,
        all,
        0,
        address -> false,
        InetAddress::isLoopbackAddress,
        UNBOUNDED);
  }

  /**
   * How many connections in all, reserved ones not counted.
   *
   * @param max above zero; 128 by default
   * @return a copy
   */
  public InboundLimits connections(int max) {
    return new InboundLimits(
        positive("connections", max),
        perIpv4,
        perIpv6Of56,
        perIpv6Of48,
        handshakes,
        handshakesPerAddress,
        reserved,
        friends,
        shared,
        bytes);
  }

  /**
   * How many connections of one IPv4 address.
   *
   * @param max above zero; 8 by default
   * @return a copy
   */
  public InboundLimits perIpv4Address(int max) {
    return new InboundLimits(
        connections,
        positive("connections of an IPv4 address", max),
        perIpv6Of56,
        perIpv6Of48,
        handshakes,
        handshakesPerAddress,
        reserved,
        friends,
        shared,
        bytes);
  }

  /**
   * How many connections of one IPv6 network. Providers hand out networks, not addresses: a /56 is
   * one household, a /48 one company.
   *
   * @param maxOf56 of one /56, above zero; 8 by default
   * @param maxOf48 of one /48, above zero; 32 by default
   * @return a copy
   */
  public InboundLimits perIpv6Network(int maxOf56, int maxOf48) {
    return new InboundLimits(
        connections,
        perIpv4,
        positive("connections of an IPv6 /56", maxOf56),
        positive("connections of an IPv6 /48", maxOf48),
        handshakes,
        handshakesPerAddress,
        reserved,
        friends,
        shared,
        bytes);
  }

  /**
   * How many handshakes at a time.
   *
   * @param max in all, above zero; 64 by default
   * @param maxPerAddress of one IPv4 address or IPv6 /56, above zero; 4 by default
   * @return a copy
   */
  public InboundLimits handshakes(int max, int maxPerAddress) {
    return new InboundLimits(
        connections,
        perIpv4,
        perIpv6Of56,
        perIpv6Of48,
        positive("handshakes", max),
        positive("handshakes of an address", maxPerAddress),
        reserved,
        friends,
        shared,
        bytes);
  }

  /**
   * Keeps slots for friends. A friend for whom the limits leave no place takes one of these, and no
   * other limit holds for it then.
   *
   * @param slots how many, on top of {@link #connections(int)}; none by default
   * @param addresses where friends come from, such as a {@link io.fluxwire.access.CidrList}; called
   *     on an event loop, must not block
   * @return a copy
   */
  public InboundLimits reserve(int slots, Predicate<? super InetAddress> addresses) {
    return new InboundLimits(
        connections,
        perIpv4,
        perIpv6Of56,
        perIpv6Of48,
        handshakes,
        handshakesPerAddress,
        positive("reserved slots", slots),
        Objects.requireNonNull(addresses, "addresses"),
        shared,
        bytes);
  }

  /**
   * Addresses behind which many peers may be, such as a proxy's or a relay's: the limits for one
   * address or network do not hold for them; those for all do.
   *
   * @param addresses the test; called on an event loop, must not block. By default loopback
   *     addresses
   * @return a copy
   */
  public InboundLimits shared(Predicate<? super InetAddress> addresses) {
    return new InboundLimits(
        connections,
        perIpv4,
        perIpv6Of56,
        perIpv6Of48,
        handshakes,
        handshakesPerAddress,
        reserved,
        friends,
        Objects.requireNonNull(addresses, "addresses"),
        bytes);
  }

  /**
   * How many bytes all connections of a server may hold together: of packets over 64 KiB that are
   * arriving, and of what was written and the socket has not taken, where that is over 64 KiB.
   *
   * <p>While they hold as much, no other large frame is read on, and senders wait sooner. When a
   * frame has waited for 5 s, the connection that holds the most for the longest is closed with
   * {@link io.fluxwire.Reason#BYTES_EXHAUSTED}, of those that have held it for as long. What is
   * written may exceed the budget, by a packet for each connection, and up to twice of it; beyond
   * that a connection is closed at once.
   *
   * @param max at least 2 MiB; 64 MiB by default
   * @return a copy
   */
  public InboundLimits bytes(long max) {
    if (max < ByteBudget.MIN) {
      throw new IllegalArgumentException(
          "the limit of bytes is at least %d, not %d".formatted(ByteBudget.MIN, max));
    }
    return new InboundLimits(
        connections,
        perIpv4,
        perIpv6Of56,
        perIpv6Of48,
        handshakes,
        handshakesPerAddress,
        reserved,
        friends,
        shared,
        max);
  }

  private static int positive(String what, int max) {
    if (max < 1) {
      throw new IllegalArgumentException(
          "the limit of %s is above zero, not %d".formatted(what, max));
    }
    return max;
  }

  /** Null without a bound. */
  @Nullable ByteBudget budget(LongConsumer observer) {
    return bytes == UNBOUNDED ? null : new ByteBudget(bytes, observer);
  }

  int connections() {
    return connections;
  }

  int perIpv4() {
    return perIpv4;
  }

  int perIpv6Of56() {
    return perIpv6Of56;
  }

  int perIpv6Of48() {
    return perIpv6Of48;
  }

  int handshakes() {
    return handshakes;
  }

  int handshakesPerAddress() {
    return handshakesPerAddress;
  }

  int reserved() {
    return reserved;
  }

  boolean isFriend(InetAddress address) {
    return friends.test(address);
  }

  boolean isShared(InetAddress address) {
    return shared.test(address);
  }

  @Override
  public String toString() {
    return ("InboundLimits[%d connections, %d per IPv4 address, %d per IPv6 /56, %d per /48,"
            + " %d handshakes, %d per address, %d reserved, %d bytes]")
        .formatted(
            connections,
            perIpv4,
            perIpv6Of56,
            perIpv6Of48,
            handshakes,
            handshakesPerAddress,
            reserved,
            bytes);
  }
}
