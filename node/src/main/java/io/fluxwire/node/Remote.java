package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.internal.AddressText;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where a peer listens, and perhaps who it is: {@code HOST:PORT} or {@code unix:PATH}, either with
 * {@code ID@} before it.
 *
 * @param id the node that has to be there; null for any
 * @param address where it listens
 */
record Remote(@Nullable NodeId id, SocketAddress address) {

  static Remote parse(String text) {
    // A path may have one, too.
    int at = text.startsWith(AddressText.UNIX) ? -1 : text.indexOf('@');
    NodeId id = at < 0 ? null : Main.nodeId(text.substring(0, at));
    return new Remote(id, SocketAddressText.parse(text.substring(at + 1)));
  }
}
