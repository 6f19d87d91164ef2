package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.SessionParameters;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a connection that a {@link SessionListener} is told of. Fluxwire makes one for
 * each connection and passes the same one each time, so it can be a key for what a listener keeps
 * of the connection. Methods may be called on any thread. Later versions may add methods.
 */
public interface SessionInfo {

  /**
   * What logs call the connection.
   *
   * @return unique in this process among the connections that are open
   */
  String id();

  /**
   * Which side dialled.
   *
   * @return outbound if this side did
   */
  Direction direction();

  /**
   * Where the peer is.
   *
   * @return the address that this side dialled or was dialled from
   */
  SocketAddress remoteAddress();

  /**
   * Who the peer is.
   *
   * @return the id that it has proven; null until {@link SessionListener#onEstablished}
   */
  @Nullable NodeId remoteId();

  /**
   * What the session negotiated: protocol, cipher, whether it is post-quantum.
   *
   * @return the parameters; null until {@link SessionListener#onEstablished}
   */
  @Nullable SessionParameters session();
}
