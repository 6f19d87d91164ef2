package io.fluxwire.channel;

import io.fluxwire.NodeId;
import io.fluxwire.record.ChannelFrame;
import java.util.Objects;

/**
 * Which channel: the two nodes, told apart by who dials, and a name. The same name the other way
 * round is another channel. A value.
 *
 * @param dialer the node that dials, and always the same
 * @param acceptor the node that is dialled
 * @param name 1 to 255 bytes of UTF-8
 */
public record ChannelKey(NodeId dialer, NodeId acceptor, String name) {

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException when it has not 1 to 255 bytes in UTF-8
   */
  public ChannelKey {
    Objects.requireNonNull(dialer, "dialer");
    Objects.requireNonNull(acceptor, "acceptor");
    ChannelFrame.requireName(name);
  }
}
