package io.fluxwire.netty;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Headers of the PROXY protocol, as its specification writes them. */
final class ProxyHeaders {

  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  static final int LOCAL = 0x20;
  static final int PROXY = 0x21;
  static final int TCP4 = 0x11;
  static final int UDP4 = 0x12;
  static final int TCP6 = 0x21;
  static final int UNIX = 0x31;

  private ProxyHeaders() {}

  static byte[] v1(String line) {
    return (line + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A header of version 2 whose length is that of what follows. */
  static byte[] v2(int command, int family, String... hex) {
    byte[] rest = hex(String.join("", hex));
    return hex(
        SIGNATURE, "%02x%02x%04x".formatted(command, family, rest.length), String.join("", hex));
  }

  /** A client at an IPv4 address, and its port, at 192.0.2.200:9735. */
  static byte[] v2Of(int first, int second, int third, int fourth, int port) {
    return v2(
        PROXY,
        TCP4,
        "%02x%02x%02x%02x".formatted(first, second, third, fourth),
        "c00002c8",
        "%04x".formatted(port),
        "2607");
  }

  static byte[] hex(String... parts) {
    return HexFormat.of().parseHex(String.join("", parts).replace(" ", ""));
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
