package io.fluxwire.fleet.jgroups;

import io.fluxwire.internal.LogGate;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of connections that came to nothing because one side has not got the fleet's key. */
final class Refusals {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.fleet");

  private final LogGate incoming = new LogGate();
  private final LogGate outgoing = new LogGate();

  private volatile @Nullable SocketAddress otherKey;

  /**
   * Somebody came to the engine's port and did not prove to have the key. Who only opens and closes
   * a connection, as a health check does, is not worth a warning. Who began a handshake is: its
   * word for why it broke it off can be lost with the connection.
   */
  void refused(TlsSocket socket, Exception failure) {
    SocketAddress from = socket.getRemoteSocketAddress();
    String why = socket.hasTakenTooLong() ? "it took too long" : failure.getMessage();
    LOG.debug("refused a connection from {} to the fleet's port: {}", from, why);
    if (socket.hasTakenTooLong() || socket.hasHeard() || !hasGone(failure)) {
      incoming.tell(
          count ->
              LOG.warn(
                  "refused {} connections to the fleet's port, since they did not show the fleet's"
                      + " key; the last one came from {}: {}. If that is an instance of this fleet,"
                      + " give it the same key; if not, keep the port from it. The next line like"
                      + " this comes in a minute at the earliest",
                  count,
                  from,
                  why));
    }
  }

  private static boolean hasGone(Throwable thrown) {
    return has(thrown, EOFException.class) || has(thrown, SocketException.class);
  }

  /** An address at which a member was looked for has somebody without the key. */
  void failed(SocketAddress to, IOException why) {
    LOG.debug("no connection to {}", to, why);
    if (has(why, PinnedKey.OtherKeyException.class)) {
      otherKey = to;
      outgoing.tell(
          count ->
              LOG.warn(
                  "{} connections to members of the fleet failed, the last one to {}, since that"
                      + " has another key. Give all instances the same one. The next line like"
                      + " this comes in a minute at the earliest",
                  count,
                  to));
    }
  }

  /** Where another key was met; null if nowhere. */
  @Nullable SocketAddress otherKey() {
    return otherKey;
  }

  private static boolean has(Throwable thrown, Class<? extends Throwable> kind) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (kind.isInstance(t)) {
        return true;
      }
    }
    return false;
  }
}
