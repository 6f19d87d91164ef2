package io.fluxwire.fleet.jgroups;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jgroups.util.DefaultSocketFactory;

/** The sockets of one member: all that JGroups gets are secured before it sees them. */
final class TlsSockets extends DefaultSocketFactory {

  private final FleetTls tls;
  private final Refusals refusals = new Refusals();
  private final Set<TlsSocket> open = ConcurrentHashMap.newKeySet();

  TlsSockets(FleetTls tls) {
    this.tls = tls;
  }

  FleetTls tls() {
    return tls;
  }

  Refusals refusals() {
    return refusals;
  }

  @Override
  public Socket createSocket(String service) {
    return new TlsSocket(this);
  }

  @Override
  public ServerSocket createServerSocket(String service) throws IOException {
    return new TlsServerSocket(this);
  }

  void opened(TlsSocket socket) {
    open.add(socket);
  }

  void closed(TlsSocket socket) {
    open.remove(socket);
  }

  /**
   * Closes the sockets on which a step takes too long. Without that, a peer that was stopped, or is
   * gone without a word, would hold up the threads that write to it, and one that says nothing
   * those that wait for its handshake.
   */
  void closeOverdue() {
    long now = System.nanoTime();
    open.forEach(socket -> socket.closeIfOverdue(now));
  }

  void closeAll() {
    open.forEach(TlsSocket::closeQuietly);
  }
}
