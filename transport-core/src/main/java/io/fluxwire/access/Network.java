package io.fluxwire.access;

import io.netty.util.NetUtil;
import java.util.Arrays;

/** A network in CIDR notation: the addresses that begin alike. */
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

  /** The same for each spelling, in a form that {@link CidrList#parse} takes. */
  String canonical() {
    return canonical(prefix, length);
  }

  /** The network of some length that an address is in, as {@link #canonical()} writes it. */
  static String canonical(byte[] address, int length) {
    byte[] prefix = address.clone();
    for (int bit = length; bit < prefix.length * Byte.SIZE; bit++) {
      prefix[bit / Byte.SIZE] &= (byte) ~(0x80 >>> (bit % Byte.SIZE));
    }
    return NetUtil.bytesToIpAddress(prefix) + "/" + length;
  }

  @Override
  public String toString() {
    return text;
  }
}
