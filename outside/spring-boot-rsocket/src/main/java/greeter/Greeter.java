package greeter;

import io.fluxwire.spring.PeerPrincipal;
import java.time.Duration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.messaging.handler.annotation.MessageMapping;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableReactiveMethodSecurity;
import org.springframework.stereotype.Controller;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Greets whoever asks, by node id, and takes another greeting from its owners. */
@SpringBootApplication
@EnableReactiveMethodSecurity
@Controller
public class Greeter {

  private volatile String greeting = "hello";

  public static void main(String[] args) {
    SpringApplication.run(Greeter.class, args);
  }

  @MessageMapping("greet")
  String greet(String name, PeerPrincipal peer) {
    return greeting + " " + name + ", you are " + peer.nodeId();
  }

  @MessageMapping("ticks")
  Flux<String> ticks(PeerPrincipal peer) {
    return Flux.interval(Duration.ofMillis(10))
        .onBackpressureDrop()
        .map(tick -> "tick for " + peer.getName());
  }

  @MessageMapping("greeting")
  @PreAuthorize("@owners.contains(authentication.principal.nodeId)")
  public Mono<String> greetBy(String words) {
    return Mono.fromSupplier(() -> greeting = words);
  }
}
