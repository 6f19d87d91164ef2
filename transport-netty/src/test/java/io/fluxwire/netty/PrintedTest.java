package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PeerConnection;
import io.fluxwire.dial.DialBudget;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log line says of the objects that applications hold: where and whom, and no secret. */
class PrintedTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void aServerAndWhatIsConnectedToItSayWhereAndWhom() {
    NodeKey key = NodeKey.generate();
    DisposablePeerServer server = PeerServer.create().host("127.0.0.1").nodeKey(key).bindNow();
    PeerGroup<Pkt> group = PeerGroup.of(key.id());
    try (server;
        group;
        PeerLink<Pkt> link =
            PeerClient.create().remote(server.address()).expect(server.id()).link()) {
      String where = "127.0.0.1:" + server.port();
      PeerConnection<Pkt> peer = link.connection().block(LIMIT);
      assertThat(server).asString().startsWith("DisposablePeerServer[" + key.id() + " at " + where);
      assertThat(link).asString().isEqualTo("PeerLink[" + peer + "]").contains(where);
      assertThat(group).asString().isEqualTo("PeerGroup[" + key.id() + ", 0 peers connected]");
      link.dispose();
      assertThat(link).asString().isEqualTo("PeerLink[ended]");
    }
    assertThat(DialBudget.perSecond(50, 3))
        .asString()
        .isEqualTo("DialBudget[50 a second, 3 at once, 0 waiting]");
  }

  @Test
  void aServerAtAUnixSocketHasAPathAndNoPort(@TempDir Path folder) {
    Assumptions.assumeTrue(Epoll.isAvailable());
    DomainSocketAddress path = new DomainSocketAddress(folder.resolve("s").toString());
    try (DisposablePeerServer server =
        PeerServer.create().tcp(tcp -> tcp.bindAddress(() -> path)).bindNow()) {
      assertThat(server.address()).isEqualTo(UnixDomainSocketAddress.of(path.path()));
      assertThat(server).asString().contains(path.path());
      assertThatThrownBy(server::port)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining(path.path());
      PeerConnection<Pkt> peer =
          PeerClient.create().remote(server.address()).connect().block(LIMIT);
      assertThat(peer.remoteId()).isEqualTo(server.id());
      peer.close().block(LIMIT);
    }
  }
}
