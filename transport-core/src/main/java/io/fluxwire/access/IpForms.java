package io.fluxwire.access;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The forms in which one IP address can be written, as bytes. */
final class IpForms {

  /** How many bits precede the IPv4 address in an IPv4 address that is written as an IPv6 one. */
  static final int PREFIX_BITS = 96;

  private static final int IPV4_BYTES = 4;
  private static final int IPV6_BYTES = 16;
  private static final byte[] LOOPBACK_4 = {127, 0, 0, 1};
  private static final byte[] LOOPBACK_6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

  /** RFC 4291 section 2.5.5.2, {@code ::ffff:a.b.c.d}. */
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};

  /** RFC 4291 section 2.5.5.1, {@code ::a.b.c.d}. */
  private static final byte[] COMPATIBLE = new byte[12];

  /** RFC 6052 section 2.1, {@code 64:ff9b::a.b.c.d}. */
  private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

  /** RFC 2765 section 2.1, {@code ::ffff:0:a.b.c.d}. */
  private static final byte[] SIIT = {0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff, 0, 0};

  /** RFC 3056 section 2, {@code 2002:aabb:ccdd::}. */
  private static final byte[] SIX_TO_FOUR = {0x20, 0x02};

  private IpForms() {}

  /** As {@link CidrList#canonical(InetAddress)}; the same array if it has that form. */
  static byte[] canonical(byte[] address) {
    byte[] unwrapped = unwrapped(address);
    for (byte each : unwrapped) {
      if (each != 0) {
        return unwrapped;
      }
    }
    return unwrapped.length == IPV4_BYTES ? LOOPBACK_4.clone() : LOOPBACK_6.clone();
  }

  /**
   * An IPv4 address that is written as an IPv6 one (mapped or compatible), as IPv4 bytes; the same
   * array for any other address.
   */
  static byte[] unwrapped(byte[] address) {
    return begins(address, MAPPED) || isCompatible(address)
        ? ipv4(address, MAPPED.length)
        : address;
  }

  /**
   * The canonical form; an unspecified address also as it is written; and the IPv4 address that is
   * embedded in an IPv6 one.
   */
  static List<byte[]> all(byte[] address) {
    List<byte[]> forms = new ArrayList<>();
    byte[] canonical = canonical(address);
    forms.add(canonical);
    boolean isUnspecified = canonical != address && canonical.length == address.length;
    if (isUnspecified) {
      forms.add(address);
    }
    if (begins(address, NAT64) || begins(address, SIIT)) {
      forms.add(canonical(ipv4(address, NAT64.length)));
    } else if (begins(address, SIX_TO_FOUR)) {
      forms.add(canonical(ipv4(address, SIX_TO_FOUR.length)));
    }
    return forms;
  }

  static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** No IPv4 address of 0.0.0.0/8 is written so: {@code ::} and {@code ::1} are IPv6's own. */
  private static boolean isCompatible(byte[] address) {
    return begins(address, COMPATIBLE) && address[COMPATIBLE.length] != 0;
  }

  private static boolean begins(byte[] address, byte[] prefix) {
    return address.length == IPV6_BYTES
        && Arrays.equals(address, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static byte[] ipv4(byte[] address, int from) {
    return Arrays.copyOfRange(address, from, from + IPV4_BYTES);
  }
}
