package app;

import io.fluxwire.dial.PeerLink;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** A node whose server and link Spring stops. */
@SpringBootApplication
public class Application {

  public static void main(String[] args) {
    SpringApplication.run(Application.class, args);
  }

  @Bean
  NodeKey nodeKey() {
    return NodeKey.generate();
  }

  @Bean
  DisposablePeerServer peerServer(NodeKey key, MeterRegistry meters) {
    return PeerServer.create()
        .nodeKey(key)
        .port(0)
        .meterRegistry(meters)
        .handle(peer -> peer.send(peer.receive()))
        .bindNow();
  }

  @Bean
  PeerLink<Pkt> peerLink(DisposablePeerServer server) {
    return PeerClient.create().remote("localhost", server.port()).expect(server.id()).link();
  }
}
