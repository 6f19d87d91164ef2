package io.fluxwire.spring;

import io.fluxwire.NodeId;
import java.security.Principal;
import java.util.Objects;

/**
 * Who asks by RSocket: a node, which has proven its id. A method of a {@code @MessageMapping}
 * controller gets it as a parameter of this type, or of the type {@link Principal}. With Spring
 * Security it is the principal of the {@code Authentication}.
 *
 * @param nodeId the peer's id
 */
public record PeerPrincipal(NodeId nodeId) implements Principal {

  /** Holds the id of a peer. */
  public PeerPrincipal {
    Objects.requireNonNull(nodeId, "nodeId");
  }

  /**
   * The node id as text.
   *
   * @return 66 hex digits
   */
  @Override
  public String getName() {
    return nodeId.toString();
  }
}
