package io.fluxwire.channel;

import io.fluxwire.NodeId;
import io.fluxwire.record.ChannelFrame;
import java.util.Objects;

/**
 * Identifies a channel by the node that dials, the node that is dialled, and a name. With the two
 * nodes exchanged it is another channel. A value.
 *
 * @param dialer the node that dials; for a channel that is always the same node
 * @param acceptor the node that is dialled
 * @param name 1 to 255 bytes of UTF-8
 */
public record ChannelKey(NodeId dialer, NodeId acceptor, String name) {

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException when the name does not have 1 to 255 bytes in UTF-8
   */
  public ChannelKey {
    Objects.requireNonNull(dialer, "dialer");
    Objects.requireNonNull(acceptor, "acceptor");
    ChannelFrame.requireName(name);
  }
}
