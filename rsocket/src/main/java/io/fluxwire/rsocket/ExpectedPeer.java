package io.fluxwire.rsocket;

import io.fluxwire.AuthenticationException;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.rsocket.DuplexConnection;
import io.rsocket.plugins.DuplexConnectionInterceptor;

/** Refuses connections with any peer but one, so that handlers can rely on that peer's id. */
record ExpectedPeer(NodeId expected) implements DuplexConnectionInterceptor {

  @Override
  public DuplexConnection apply(Type type, DuplexConnection connection) {
    if (type == Type.SOURCE && !isExpected(connection)) {
      connection.dispose();
      throw new AuthenticationException(
          Reason.NODE_ID_UNEXPECTED,
          "a connector for the node %s got a connection with another node".formatted(expected));
    }
    return connection;
  }

  private boolean isExpected(DuplexConnection connection) {
    return connection instanceof PeerDuplexConnection peer && peer.remoteId().equals(expected);
  }
}
