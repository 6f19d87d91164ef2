package client;

import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.spring.FluxwireClients;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Says hello to the service, for whoever asks by HTTP. */
@SpringBootApplication
@RestController
public class Client {

  private final PeerClient<Pkt> service;

  Client(FluxwireClients clients) {
    this.service = clients.client("service");
  }

  public static void main(String[] args) {
    SpringApplication.run(Client.class, args);
  }

  @GetMapping("/hello")
  Mono<String> hello() {
    return service
        .connect()
        .flatMap(
            peer ->
                peer.sendOne(Hello.packet())
                    .then(peer.receive().next())
                    .map(answer -> Hello.is(answer) ? "hello" : "what?")
                    .delayUntil(answer -> peer.close()));
  }
}
