package app;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Mono;

class ApplicationTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void theNodeWorksAndIsStoppedWithItsContext() {
    ConfigurableApplicationContext context =
        SpringApplication.run(Application.class, "--server.port=0");
    DisposablePeerServer server = context.getBean(DisposablePeerServer.class);
    @SuppressWarnings("unchecked")
    PeerLink<Pkt> link = context.getBean(PeerLink.class);
    PeerConnection<Pkt> peer = link.connection().block(LIMIT);
    Mono<Pkt> answer = peer.sendOne(Hello.packet()).then(peer.receive().next());
    assertThat(answer.block(LIMIT)).matches(Hello::is);
    MeterRegistry meters = context.getBean(MeterRegistry.class);
    assertThat(meters.get("fluxwire.connections.opened").counter().count()).isPositive();

    context.close();

    assertThat(link.onDispose().toFuture()).as("the link's end").isCompleted();
    assertThat(peer.isDisposed()).isTrue();
    assertThat(server.onDispose().toFuture()).as("the server's end").isCompleted();
  }
}
