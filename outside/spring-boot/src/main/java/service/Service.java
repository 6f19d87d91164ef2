package service;

import io.fluxwire.proto.Pkt;
import io.fluxwire.spring.PeerHandler;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** A node that sends back what its peers send. */
@SpringBootApplication
public class Service {

  public static void main(String[] args) {
    SpringApplication.run(Service.class, args);
  }

  @Bean
  PeerHandler<Pkt> echo() {
    return peer -> peer.send(peer.receive());
  }
}
