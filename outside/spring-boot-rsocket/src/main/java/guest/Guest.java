package guest;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.messaging.rsocket.RSocketRequester;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Asks the greeter, for whoever asks by HTTP. */
@SpringBootApplication
@RestController
public class Guest {

  private final RSocketRequester greeter;

  Guest(@Qualifier("greeter") RSocketRequester greeter) {
    this.greeter = greeter;
  }

  public static void main(String[] args) {
    SpringApplication.run(Guest.class, args);
  }

  @GetMapping("/greeting")
  public Mono<String> greeting() {
    return greeter.route("greet").data("guest").retrieveMono(String.class);
  }

  public Flux<String> ticks() {
    return greeter.route("ticks").retrieveFlux(String.class);
  }

  public Mono<String> greetBy(String words) {
    return greeter.route("greeting").data(words).retrieveMono(String.class);
  }
}
