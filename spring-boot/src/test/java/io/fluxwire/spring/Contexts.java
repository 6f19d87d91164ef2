package io.fluxwire.spring;

import io.fluxwire.PeerConnection;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.Configurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.ClassUtils;

/** Contexts of nodes, and what tests do with them. */
final class Contexts {

  static final Duration LIMIT = Duration.ofSeconds(30);

  private Contexts() {}

  /** Sends back what comes. */
  @Configuration(proxyBeanMethods = false)
  static class Echo {

    @Bean
    PeerHandler<Pkt> echo() {
      return peer -> peer.send(peer.receive());
    }
  }

  /** What a service has without a line of its own. */
  static ApplicationContextRunner bare() {
    return new ApplicationContextRunner().withConfiguration(configurations());
  }

  static Configurations configurations() {
    return AutoConfigurations.of(own().toArray(Class<?>[]::new));
  }

  /** As the files of the starter and of what it shares name them. */
  private static List<Class<?>> own() {
    ClassLoader loader = Contexts.class.getClassLoader();
    List<Class<?>> own = new ArrayList<>();
    for (String name : ImportCandidates.load(AutoConfiguration.class, loader)) {
      if (name.startsWith("io.fluxwire.")) {
        own.add(ClassUtils.resolveClassName(name, loader));
      }
    }
    return own;
  }

  /** A node with a throw-away key, which picks a port if it listens. */
  static ApplicationContextRunner node() {
    return bare().withPropertyValues("fluxwire.node.ephemeral=true");
  }

  static ApplicationContextRunner echo() {
    return node()
        .withUserConfiguration(Echo.class)
        .withPropertyValues("fluxwire.server.host=127.0.0.1", "fluxwire.server.port=0");
  }

  /** A node that dials another one by the name "echo". */
  static ApplicationContextRunner client(DisposablePeerServer server) {
    return node()
        .withPropertyValues(
            "fluxwire.clients.echo.remotes=127.0.0.1:" + server.port(),
            "fluxwire.clients.echo.expect=" + server.id());
  }

  static DisposablePeerServer server(ApplicationContext context) {
    return context.getBean(FluxwireServer.class).server();
  }

  static PeerConnection<Pkt> connection(ApplicationContext context) {
    FluxwireClients clients = context.getBean(FluxwireClients.class);
    PeerLink<Pkt> link = clients.link("echo");
    return link.connection().blockOptional(LIMIT).orElseThrow();
  }

  static boolean saysHello(PeerConnection<Pkt> peer) {
    return peer.sendOne(Hello.packet())
        .then(peer.receive().next())
        .map(Hello::is)
        .blockOptional(LIMIT)
        .orElse(false);
  }

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    Instant end = Instant.now().plus(LIMIT);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError("not within " + LIMIT + ": " + what);
      }
      Thread.sleep(10);
    }
  }
}
