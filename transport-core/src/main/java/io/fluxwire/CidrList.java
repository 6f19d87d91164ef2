package io.fluxwire;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * Networks in CIDR notation, as a test for addresses: {@code CidrList.of("10.0.0.0/8",
 * "2001:db8::/32")}. Immutable; {@link #negate()} makes a deny list of it. An IPv4 address is in
 * IPv4 networks only, however it was written.
 */
public final class CidrList implements Predicate<InetAddress> {

  /** What IPv4 addresses begin with where they are written as IPv6 (RFC 4291, section 2.5.5.2). */
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};

  private static final int MAPPED_BITS = MAPPED.length * Byte.SIZE;
  private static final int IPV6_BITS = 128;

  private final List<Network> networks;

  record Network(byte[] prefix, int length, String text) {

    boolean contains(byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      int whole = length / Byte.SIZE;
      if (!Arrays.equals(address, 0, whole, prefix, 0, whole)) {
        return false;
      }
      int rest = length % Byte.SIZE;
      int mask = (0xff << (Byte.SIZE - rest)) & 0xff;
      return rest == 0 || ((address[whole] ^ prefix[whole]) & mask) == 0;
    }

    /** The same for each spelling, in a form that {@link #parse} takes. */
    String canonical() {
      return CidrList.canonical(prefix, length);
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private CidrList(List<Network> networks) {
    this.networks = networks;
  }

  /**
   * A list of networks.
   *
   * @param networks each {@code ADDRESS/LENGTH}, or an address alone; no names, nothing is resolved
   * @return the list; an empty one contains no address
   * @throws IllegalArgumentException when one is not of this form, or its address has bits beyond
   *     its length
   */
  public static CidrList of(String... networks) {
    return of(List.of(networks));
  }

  /**
   * A list of networks.
   *
   * @param networks as of {@link #of(String...)}
   * @return the list
   */
  public static CidrList of(Collection<String> networks) {
    return new CidrList(networks.stream().map(CidrList::parse).toList());
  }

  static Network parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    byte[] bytes =
        address.indexOf('%') >= 0 ? null : NetUtil.createByteArrayFromIpAddressString(address);
    if (bytes == null) {
      throw new IllegalArgumentException(text + ": not a network, as 10.0.0.0/8 or 2001:db8::/32");
    }
    int bits = bytes.length * Byte.SIZE;
    int length = slash < 0 ? bits : length(text, text.substring(slash + 1), bits);
    for (int bit = length; bit < bits; bit++) {
      if ((bytes[bit / Byte.SIZE] & (0x80 >>> (bit % Byte.SIZE))) != 0) {
        throw new IllegalArgumentException(
            "%s: the address has bits beyond the first %d".formatted(text, length));
      }
    }
    // Java gives an IPv4 peer as such, also where the system maps it to IPv6.
    return isMapped(bytes) && length >= MAPPED_BITS
        ? new Network(
            Arrays.copyOfRange(bytes, MAPPED_BITS / Byte.SIZE, bytes.length),
            length - MAPPED_BITS,
            text)
        : new Network(bytes, length, text);
  }

  private static boolean isMapped(byte[] address) {
    return address.length * Byte.SIZE == IPV6_BITS
        && Arrays.equals(address, 0, MAPPED.length, MAPPED, 0, MAPPED.length);
  }

  /** The network of some length that an address is in, as {@link Network#canonical} writes it. */
  static String canonical(byte[] address, int length) {
    byte[] prefix = address.clone();
    for (int bit = length; bit < prefix.length * Byte.SIZE; bit++) {
      prefix[bit / Byte.SIZE] &= (byte) ~(0x80 >>> (bit % Byte.SIZE));
    }
    return NetUtil.bytesToIpAddress(prefix) + "/" + length;
  }

  private static int length(String network, String digits, int max) {
    if (digits.matches("0|[1-9]\\d{0,2}") && Integer.parseInt(digits) <= max) {
      return Integer.parseInt(digits);
    }
    throw new IllegalArgumentException(
        "%s: the length of the network is a number from 0 to %d".formatted(network, max));
  }

  /**
   * Whether an address is in one of the networks.
   *
   * @param address an address
   * @return false for every address when the list is empty
   */
  @Override
  public boolean test(InetAddress address) {
    byte[] bytes = address.getAddress();
    return networks.stream().anyMatch(network -> network.contains(bytes));
  }

  /** The networks, as they were given. */
  @Override
  public String toString() {
    return networks.toString();
  }
}
