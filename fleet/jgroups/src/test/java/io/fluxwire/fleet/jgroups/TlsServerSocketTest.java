package io.fluxwire.fleet.jgroups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;

/** Sockets without an engine, and without the clock that closes who takes too long. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsServerSocketTest {

  private final TlsSockets sockets =
      new TlsSockets(FleetTls.of(NodeKey.generate()).blockOptional().orElseThrow());
  private final List<Socket> opened = new ArrayList<>();
  private final TlsServerSocket server = new TlsServerSocket(sockets);

  TlsServerSocketTest() throws IOException {}

  @BeforeEach
  void bind() throws IOException {
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    for (Socket socket : opened) {
      socket.close();
    }
  }

  private Socket open(Socket socket) throws IOException {
    opened.add(socket);
    socket.connect(server.getLocalSocketAddress(), 0);
    return socket;
  }

  private void startAccepting(List<Socket> accepted) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (true) {
                  Socket next = server.accept();
                  synchronized (accepted) {
                    accepted.add(next);
                  }
                }
              } catch (IOException e) {
                // Closed.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  @Test
  void whoHasTheKeyIsAcceptedHoweverManySayNothing() throws IOException {
    List<Socket> accepted = new ArrayList<>();
    startAccepting(accepted);
    for (int i = 0; i < 4 * TlsServerSocket.MAX_HANDSHAKES; i++) {
      open(new Socket());
    }

    Socket member = open(new TlsSocket(sockets));
    member.getOutputStream().write(new byte[] {1, 2, 3, 4, 5});

    Member.await(
        "the member's connection",
        () -> {
          synchronized (accepted) {
            return accepted.size() == 1;
          }
        });
    assertThat(accepted.get(0).getInputStream().readNBytes(5)).containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void aWriteThatTakesTooLongIsCutShort() throws IOException {
    List<Socket> accepted = new ArrayList<>();
    startAccepting(accepted);
    Socket member = open(new TlsSocket(sockets));
    // Nobody reads on the other side.
    Disposable clock =
        Schedulers.boundedElastic()
            .schedulePeriodically(sockets::closeOverdue, 0, 10, TimeUnit.MILLISECONDS);

    assertThatThrownBy(
            () -> {
              while (true) {
                member.getOutputStream().write(new byte[1 << 16]);
              }
            })
        .isInstanceOf(SocketException.class);
    clock.dispose();
  }

  @Test
  void theEndOfTheServerEndsTheWaiting() throws IOException {
    server.close();

    assertThatThrownBy(server::accept).isInstanceOf(SocketException.class);
  }
}
