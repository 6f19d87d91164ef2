package io.fluxwire.node;

import io.fluxwire.dial.PeerAddress;
import java.net.InetSocketAddress;
import picocli.CommandLine.TypeConversionException;

/** {@code HOST:PORT}, with brackets around an IPv6 address. */
final class HostAndPort {

  private HostAndPort() {}

  static InetSocketAddress parse(String text) {
    if (text.indexOf('@') >= 0) {
      throw new TypeConversionException(
          "'" + text + "' is not HOST:PORT: who the peer has to be goes elsewhere (--expect)");
    }
    try {
      return PeerAddress.parse(text).socketAddress();
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
