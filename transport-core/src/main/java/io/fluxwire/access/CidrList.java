package io.fluxwire.access;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * Networks in CIDR notation, as a test for addresses: {@code CidrList.of("10.0.0.0/8",
 * "2001:db8::/32")}. Immutable; {@link #negate()} makes a deny list of it. Addresses are compared
 * in their {@linkplain #canonical(InetAddress) canonical} form: an IPv4 address that is written as
 * an IPv6 one is in IPv4 networks only.
 */
public final class CidrList implements Predicate<InetAddress> {

  private final List<Network> networks;

  private CidrList(List<Network> networks) {
    this.networks = networks;
  }

  /**
   * A list of networks.
   *
   * @param networks each {@code ADDRESS/LENGTH} or a single address; host names are not resolved
   * @return the list; an empty one contains no address
   * @throws IllegalArgumentException when one does not have this form, or its address has bits set
   *     beyond the prefix length
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
      throw new IllegalArgumentException(
          text + ": not a network such as 10.0.0.0/8 or 2001:db8::/32");
    }
    int bits = bytes.length * Byte.SIZE;
    int length = slash < 0 ? bits : length(text, text.substring(slash + 1), bits);
    for (int bit = length; bit < bits; bit++) {
      if ((bytes[bit / Byte.SIZE] & (0x80 >>> (bit % Byte.SIZE))) != 0) {
        throw new IllegalArgumentException(
            "%s: the address has bits beyond the first %d".formatted(text, length));
      }
    }
    byte[] prefix = length >= IpForms.PREFIX_BITS ? IpForms.unwrapped(bytes) : bytes;
    // A network of one address is kept in that address's canonical form.
    return new Network(
        length == bits ? IpForms.canonical(prefix) : prefix,
        length - (bits - prefix.length * Byte.SIZE),
        text);
  }

  /**
   * The canonical text of a network: the same for each way to write it.
   *
   * @param network as of {@link #of(String...)}
   * @return the network as {@code ADDRESS/LENGTH}
   * @throws IllegalArgumentException as of {@link #of(String...)}
   */
  public static String canonicalText(String network) {
    return parse(network).canonical();
  }

  /**
   * The canonical form of an address, in which every list compares it. IPv4 addresses that are
   * written as IPv6 ones, mapped ({@code ::ffff:192.0.2.1}) or compatible ({@code ::192.0.2.1}),
   * are IPv4 addresses. The unspecified addresses, {@code 0.0.0.0} and {@code ::}, are the loopback
   * addresses, since that is where a connection to them goes.
   *
   * @param address an address
   * @return the same object if it has that form
   */
  public static InetAddress canonical(InetAddress address) {
    byte[] bytes = address.getAddress();
    byte[] canonical = IpForms.canonical(bytes);
    return canonical == bytes ? address : IpForms.address(canonical);
  }

  private static int length(String network, String digits, int max) {
    if (digits.matches("0|[1-9]\\d{0,2}") && Integer.parseInt(digits) <= max) {
      return Integer.parseInt(digits);
    }
    throw new IllegalArgumentException(
        "%s: the length of the network is a number from 0 to %d".formatted(network, max));
  }

  /**
   * Whether an address, in its {@linkplain #canonical(InetAddress) canonical} form, is in one of
   * the networks.
   *
   * @param address an address
   * @return false for every address when the list is empty
   */
  @Override
  public boolean test(InetAddress address) {
    return contains(IpForms.canonical(address.getAddress()));
  }

  private boolean contains(byte[] address) {
    return networks.stream().anyMatch(network -> network.contains(address));
  }

  /**
   * A deny list of these networks. It also tests an IPv4 address that is embedded in an IPv6 one
   * for a translator or a relay (NAT64's {@code 64:ff9b::/96}, RFC 6052; SIIT's {@code
   * ::ffff:0:0:0/96}; 6to4's {@code 2002::/16}): where there is such a translator, the connection
   * goes to the embedded address. {@link #test} does not look at embedded addresses, since without
   * a translator the connection goes elsewhere.
   *
   * @return a test that an address passes when none of its forms is in one of the networks
   */
  @Override
  public Predicate<InetAddress> negate() {
    return new Predicate<>() {
      @Override
      public boolean test(InetAddress address) {
        return IpForms.all(address.getAddress()).stream().noneMatch(CidrList.this::contains);
      }

      @Override
      public Predicate<InetAddress> negate() {
        return CidrList.this;
      }

      @Override
      public String toString() {
        return "not " + networks;
      }
    };
  }

  /** The networks, as they were given. */
  @Override
  public String toString() {
    return networks.toString();
  }
}
