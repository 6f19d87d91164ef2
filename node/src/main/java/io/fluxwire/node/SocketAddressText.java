package io.fluxwire.node;

import io.fluxwire.internal.AddressText;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import picocli.CommandLine.TypeConversionException;

/** Where a peer listens: {@code HOST:PORT}, or {@code unix:PATH}. */
final class SocketAddressText {

  private SocketAddressText() {}

  static SocketAddress parse(String text) {
    if (!text.startsWith(AddressText.UNIX)) {
      return HostAndPort.parse(text);
    }
    String path = text.substring(AddressText.UNIX.length());
    if (path.isEmpty()) {
      throw new TypeConversionException("'" + text + "' has no path: unix:PATH");
    }
    return UnixDomainSocketAddress.of(path);
  }
}
