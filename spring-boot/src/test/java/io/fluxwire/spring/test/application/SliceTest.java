package io.fluxwire.spring.test.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.spring.FluxwireServer;
import io.fluxwire.spring.test.FluxwireNetwork;
import io.fluxwire.spring.test.FluxwireTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.context.ApplicationContext;

/** The slice, as an application's test uses it. */
@FluxwireTest(
    properties = {
      "fluxwire.node.key-file=/nowhere/node.key",
      "fluxwire.channels.folder=/nowhere/channels",
      "fluxwire.clients.feed.remotes=02${unknown}@feed.example.org:9735",
      "fluxwire.clients.feed.expect=${unknown}",
      "fluxwire.clients.feed.reconnect.max=10ms",
      "fluxwire.clients.feed.reconnect.min=10ms"
    })
class SliceTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Autowired private FluxwireNetwork network;

  @Test
  void aTestDialsTheApplication(@Autowired FluxwireServer server) {
    PeerConnection<Pkt> peer = network.client().connect().block(LIMIT);
    assertThat(peer.sendOne(Hello.packet()).then(peer.receive().next()).block(LIMIT))
        .matches(Hello::is);
    assertThat(server.server().address().toString()).startsWith("memory:");
    assertThat(peer.remoteId()).isEqualTo(server.server().id());
    peer.close().block(LIMIT);
  }

  @Test
  void theApplicationDialsATest(
      @Autowired @Qualifier("feed") PeerLink<Pkt> feed, @Autowired NodeIdentity application) {
    DisposablePeerServer peer =
        network.server("feed").handle(one -> one.sendOne(Hello.packet())).bindNow();
    PeerConnection<Pkt> connection = feed.connection().block(LIMIT);
    assertThat(connection.receive().blockFirst(LIMIT)).matches(Hello::is);
    assertThat(connection.remoteId()).isEqualTo(peer.id()).isNotEqualTo(application.id());
    peer.disposeNow();
  }

  @Test
  void nothingIsKeptOnDisk(@Autowired ChannelStore store) {
    assertThat(store).isInstanceOf(MemoryChannelStore.class);
  }

  @Test
  void aClientThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> network.server("fed"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fed: [feed]");
  }

  @Test
  void nothingElseOfTheApplicationIsThere(@Autowired ApplicationContext context) {
    assertThat(context.getBeansOfType(Store.class)).isEmpty();
    assertThat(context.getBeansOfType(ApplicationAvailability.class)).isEmpty();
    assertThat(context.getBeansOfType(Echo.class)).hasSize(1);
  }
}
