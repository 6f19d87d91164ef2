package greeter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import guest.Guest;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.access.AccessList;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.spring.FluxwireServer;
import io.rsocket.exceptions.ApplicationErrorException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.test.StepVerifier;

/** Both applications, and one whom the greeter does not know. */
class GreeterTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path folder;

  private static ConfigurableApplicationContext greeter(String friend) {
    return SpringApplication.run(
        Greeter.class,
        "--server.port=0",
        "--fluxwire.node.ephemeral=true",
        "--fluxwire.server.rsocket=true",
        "--fluxwire.server.host=127.0.0.1",
        "--fluxwire.server.port=0",
        "--fluxwire.server.allow=" + friend);
  }

  private static ConfigurableApplicationContext guest(DisposablePeerServer greeter, Path key) {
    return SpringApplication.run(
        Guest.class,
        "--server.port=0",
        "--fluxwire.node.key-file=" + key,
        "--fluxwire.clients.greeter.rsocket=true",
        "--fluxwire.clients.greeter.remotes=127.0.0.1:" + greeter.port(),
        "--fluxwire.clients.greeter.expect=" + greeter.id());
  }

  @Test
  void aGuestIsGreetedUntilItIsNoFriendAnyMore() throws Exception {
    Path key = folder.resolve("guest.key");
    String friend = NodeKey.loadOrCreate(key).id().toString();
    try (ConfigurableApplicationContext service = greeter(friend)) {
      DisposablePeerServer server = service.getBean(FluxwireServer.class).server();
      try (ConfigurableApplicationContext client = guest(server, key)) {
        Guest guest = client.getBean(Guest.class);
        assertThat(guest.greeting().block(LIMIT)).isEqualTo("hello guest, you are " + friend);

        AccessList friends = service.getBean(AccessList.class);
        StepVerifier.create(guest.ticks())
            .expectNext("tick for " + friend)
            .thenRequest(Long.MAX_VALUE)
            .then(() -> friends.deny(client.getBean(NodeIdentity.class).id()))
            .thenConsumeWhile(tick -> true)
            .expectError(ClosedChannelException.class)
            .verify(LIMIT);
      }
    }
  }

  /** By Spring Security's rules, which know the peer by its node id. */
  @Test
  void onlyAnOwnerChangesTheGreetingAndOnlyWhileItIsOne() throws Exception {
    Path key = folder.resolve("guest.key");
    NodeId id = NodeKey.loadOrCreate(key).id();
    try (ConfigurableApplicationContext service = greeter(id.toString())) {
      DisposablePeerServer server = service.getBean(FluxwireServer.class).server();
      Owners owners = service.getBean(Owners.class);
      try (ConfigurableApplicationContext client = guest(server, key)) {
        Guest guest = client.getBean(Guest.class);
        assertDenied(guest, "good day");

        owners.add(id);
        assertThat(guest.greetBy("good morning").block(LIMIT)).isEqualTo("good morning");
        owners.remove(id);
        assertDenied(guest, "good night");
        assertThat(guest.greeting().block(LIMIT)).isEqualTo("good morning guest, you are " + id);
      }
    }
  }

  private static void assertDenied(Guest guest, String words) {
    assertThatThrownBy(() -> guest.greetBy(words).block(LIMIT))
        .isInstanceOf(ApplicationErrorException.class)
        .hasMessageContaining("Denied");
  }

  @Test
  void aStrangerIsNotGreeted() throws Exception {
    String friend = NodeKey.generate().id().toString();
    try (ConfigurableApplicationContext service = greeter(friend)) {
      DisposablePeerServer server = service.getBean(FluxwireServer.class).server();
      try (ConfigurableApplicationContext client = guest(server, folder.resolve("other.key"))) {
        Guest guest = client.getBean(Guest.class);
        assertThatThrownBy(() -> guest.greeting().block(Duration.ofSeconds(2)))
            .isInstanceOf(IllegalStateException.class);
        assertThat(server.peerCount()).isZero();
      }
    }
  }
}
