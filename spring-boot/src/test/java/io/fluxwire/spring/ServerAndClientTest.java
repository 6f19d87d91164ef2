package io.fluxwire.spring;

import static io.fluxwire.spring.Contexts.client;
import static io.fluxwire.spring.Contexts.connection;
import static io.fluxwire.spring.Contexts.echo;
import static io.fluxwire.spring.Contexts.node;
import static io.fluxwire.spring.Contexts.saysHello;
import static io.fluxwire.spring.Contexts.server;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.AccessList;
import io.fluxwire.access.BanList;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

class ServerAndClientTest {

  /** A bean that uses a link by the client's name. */
  static class Caller {

    final PeerLink<Pkt> link;

    Caller(PeerLink<Pkt> link) {
      this.link = link;
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Calling {

    @Bean
    Caller caller(@Qualifier("echo") PeerLink<Pkt> link) {
      return new Caller(link);
    }
  }

  @Test
  void aHandlerBeanIsAServerAndAClientInThePropertiesIsALink() {
    echo()
        .run(
            service ->
                client(server(service))
                    .withUserConfiguration(Calling.class)
                    .withPropertyValues(
                        "fluxwire.clients.other.remotes=127.0.0.1:1",
                        "fluxwire.clients.other.expect=anyone")
                    .run(
                        caller -> {
                          PeerLink<Pkt> link = caller.getBean(Caller.class).link;
                          PeerConnection<Pkt> peer = connection(caller);
                          assertThat(saysHello(peer)).isTrue();
                          assertThat(link.connection().block(Contexts.LIMIT)).isSameAs(peer);
                          assertThat(peer.remoteId()).isEqualTo(server(service).id());
                          assertThat(server(service).peerCount()).isEqualTo(1);
                        }));
  }

  @Test
  void nothingIsMadeThatNobodyAskedFor() {
    Contexts.bare()
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).doesNotHaveBean(FluxwireServer.class);
              assertThat(context).doesNotHaveBean(PeerServer.class);
              assertThat(context).doesNotHaveBean(FluxwireClients.class);
              assertThat(context).doesNotHaveBean(PeerGroup.class);
              assertThat(context).doesNotHaveBean(FluxwireHealth.class);
              assertThat(context.getBeanFactory().containsSingleton("fluxwireNodeKey")).isFalse();
            });
  }

  @Test
  void aServerCanBeSwitchedOff() {
    echo()
        .withPropertyValues("fluxwire.server.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(PeerServer.class));
  }

  @Test
  void aPortAloneIsAServer() {
    node()
        .withPropertyValues("fluxwire.server.port=0")
        .run(context -> assertThat(server(context).port()).isPositive());
  }

  @Test
  void aKeyFileIsMadeAndKept(@TempDir Path folder) {
    Path file = folder.resolve("node.key");
    NodeId[] ids = new NodeId[2];
    for (int i = 0; i < 2; i++) {
      int run = i;
      Contexts.bare()
          .withUserConfiguration(Contexts.Echo.class)
          .withPropertyValues("fluxwire.server.port=0", "fluxwire.node.key-file=" + file)
          .run(context -> ids[run] = server(context).id());
    }
    assertThat(file).exists();
    assertThat(ids[0]).isNotNull().isEqualTo(ids[1]);
  }

  @Test
  void anIdentityBeanIsTaken() {
    NodeKey key = NodeKey.generate();
    Contexts.bare()
        .withUserConfiguration(Contexts.Echo.class)
        .withPropertyValues("fluxwire.server.port=0")
        .withBean("hsm", NodeIdentity.class, () -> key)
        .run(context -> assertThat(server(context).id()).isEqualTo(key.id()));
  }

  @Test
  void allowedIdsAreAListThatCanChange() {
    NodeKey friend = NodeKey.generate();
    NodeKey stranger = NodeKey.generate();
    echo()
        .withPropertyValues("fluxwire.server.allow[0]=" + friend.id())
        .run(
            context -> {
              DisposablePeerServer server = server(context);
              dial(friend, server).disposeNow();
              assertThatThrownBy(() -> dial(stranger, server));
              context.getBean(AccessList.class).allow(stranger.id());
              dial(stranger, server).disposeNow();
            });
  }

  /** Denies whoever has just been let in, and is not among the server's peers yet. */
  private record Denying(AtomicReference<AccessList> friends) implements SessionListener {

    @Override
    public void onEstablished(SessionInfo session) {
      friends.get().deny(Objects.requireNonNull(session.remoteId()));
    }

    PeerServerCustomizer<Pkt> customizer() {
      return server -> server.observe(this);
    }
  }

  @Test
  void whoIsDeniedWhileItConnectsDoesNotStay() {
    NodeKey friend = NodeKey.generate();
    Denying denying = new Denying(new AtomicReference<>());
    echo()
        .withPropertyValues("fluxwire.server.allow=" + friend.id())
        .withBean(PeerServerCustomizer.class, denying::customizer)
        .run(
            context -> {
              denying.friends().set(context.getBean(AccessList.class));
              PeerConnection<Pkt> peer =
                  PeerClient.create(friend)
                      .remote("127.0.0.1", server(context).port())
                      .connect()
                      .blockOptional(Contexts.LIMIT)
                      .orElseThrow();
              assertThat(peer.onClose().block(Contexts.LIMIT)).isNotNull();
              assertThat(context.getBean(AccessList.class).isAllowed(friend.id())).isFalse();
            });
  }

  private static PeerConnection<Pkt> dial(NodeKey key, DisposablePeerServer server) {
    PeerConnection<Pkt> peer =
        PeerClient.create(key)
            .remote("127.0.0.1", server.port())
            .connect()
            .blockOptional(Contexts.LIMIT)
            .orElseThrow();
    // Who is refused after its own handshake is done learns of it by the end.
    if (!saysHello(peer)) {
      throw new IllegalStateException("refused");
    }
    return peer;
  }

  @Test
  void bansAreOfAFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("bans");
    NodeKey banned = NodeKey.generate();
    echo()
        .withPropertyValues("fluxwire.server.ban-file=" + file)
        .run(
            context -> {
              context.getBean(BanList.class).ban(banned.id(), Duration.ofHours(1));
              assertThatThrownBy(() -> dial(banned, server(context)));
              dial(NodeKey.generate(), server(context)).disposeNow();
              context.getBean(BanList.class).ban("127.0.0.0/8", Duration.ofHours(1));
              assertThatThrownBy(() -> dial(NodeKey.generate(), server(context)));
            });
    assertThat(Files.readString(file)).contains(banned.id().toString(), "127.0.0.0/8");
  }

  @Test
  void customizersComeLast() {
    List<String> told = new CopyOnWriteArrayList<>();
    echo()
        .withBean(
            "serverCustomizer",
            PeerServerCustomizer.class,
            () -> onConnection(() -> told.add("in")))
        .run(
            service ->
                node()
                    .withPropertyValues("fluxwire.clients.echo.expect=" + server(service).id())
                    .withBean(
                        "clientCustomizer",
                        PeerClientCustomizer.class,
                        () -> remoteOf(server(service), told))
                    .run(caller -> assertThat(saysHello(connection(caller))).isTrue()));
    assertThat(told).containsExactlyInAnyOrder("in", "out to echo");
  }

  private static PeerServerCustomizer<Pkt> onConnection(Runnable listener) {
    return server -> server.doOnConnection(peer -> listener.run());
  }

  private static PeerClientCustomizer<Pkt> remoteOf(
      DisposablePeerServer server, List<String> told) {
    return (name, client) ->
        client.remote("127.0.0.1", server.port()).doOnConnected(peer -> told.add("out to " + name));
  }

  @Test
  void metersAndObservationsNeedNoLine() {
    ObservationRegistry observations = ObservationRegistry.create();
    List<String> observed = new CopyOnWriteArrayList<>();
    observations
        .observationConfig()
        .observationHandler(
            context -> {
              observed.add(context.getName());
              return false;
            });
    echo()
        .withBean(SimpleMeterRegistry.class)
        .withBean(ObservationRegistry.class, () -> observations)
        .run(
            service ->
                client(server(service))
                    .withBean(SimpleMeterRegistry.class)
                    .run(
                        caller -> {
                          assertThat(saysHello(connection(caller))).isTrue();
                          for (MeterRegistry meters :
                              List.of(
                                  service.getBean(MeterRegistry.class),
                                  caller.getBean(MeterRegistry.class))) {
                            assertThat(meters.get("fluxwire.connections.opened").counter().count())
                                .isEqualTo(1);
                          }
                        }));
    assertThat(observed).isNotEmpty();
  }

  @Test
  void itWorksWithoutActuatorAndMicrometer() {
    echo()
        .withClassLoader(
            new FilteredClassLoader(
                "org.springframework.boot.actuate",
                "org.springframework.boot.health",
                "io.micrometer"))
        .run(
            service -> {
              assertThat(service).doesNotHaveBean(FluxwireHealth.class);
              client(server(service))
                  .run(caller -> assertThat(saysHello(connection(caller))).isTrue());
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class TwoNodes {

    @Bean
    FluxwireServer first() {
      return FluxwireServer.of(
          PeerServer.create(NodeKey.generate())
              .host("127.0.0.1")
              .handle(peer -> peer.send(peer.receive())));
    }

    @Bean
    FluxwireServer second() {
      return FluxwireServer.of(
          PeerServer.create(NodeKey.generate())
              .host("127.0.0.1")
              .handle(peer -> peer.send(peer.receive())));
    }
  }

  @Test
  void twoNodesAreBeansOfTheApplicationsOwn() {
    Contexts.bare()
        .withUserConfiguration(TwoNodes.class)
        .run(
            context -> {
              DisposablePeerServer first = context.getBean("first", FluxwireServer.class).server();
              DisposablePeerServer second =
                  context.getBean("second", FluxwireServer.class).server();
              assertThat(first.id()).isNotEqualTo(second.id());
              dial(NodeKey.generate(), first).disposeNow();
              dial(NodeKey.generate(), second).disposeNow();
              assertThat(context.getBean(FluxwireHealth.class).parts()).hasSize(2);
            });
  }

  @Test
  void ownSettingsAreRun() {
    NodeKey key = NodeKey.generate();
    node()
        .withBean(PeerServer.class, () -> PeerServer.create(key))
        .run(context -> assertThat(server(context).id()).isEqualTo(key.id()));
  }

  @Test
  void aTrustedProxyThatTellsNoAddressIsRefused() {
    echo()
        .withPropertyValues("fluxwire.server.proxy-protocol.trusted=127.0.0.0/8")
        .run(
            service ->
                assertThatThrownBy(
                        () ->
                            PeerClient.create()
                                .remote("127.0.0.1", server(service).port())
                                .connect()
                                .block(Contexts.LIMIT))
                    .isInstanceOf(PeerException.class));
  }

  @Test
  void aClientDialsByItsProxy() throws Exception {
    try (ServerSocket proxy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      node()
          .withPropertyValues(
              "fluxwire.clients.echo.remotes=peer.onion:1",
              "fluxwire.clients.echo.expect=anyone",
              "fluxwire.clients.echo.proxy.address=127.0.0.1:" + proxy.getLocalPort())
          .run(
              context -> {
                proxy.setSoTimeout(30_000);
                try (Socket asked = proxy.accept()) {
                  asked.setSoTimeout(30_000);
                  assertThat(asked.getInputStream().read()).as("the version of SOCKS").isEqualTo(5);
                }
              });
    }
  }

  @Test
  void aGroupHasAllPeers() {
    echo()
        .run(
            service ->
                client(server(service))
                    .withPropertyValues(
                        "fluxwire.group.enabled=true",
                        "fluxwire.server.host=127.0.0.1",
                        "fluxwire.server.port=0")
                    .run(
                        member -> {
                          PeerGroup<?> group = member.getBean(PeerGroup.class);
                          assertThat(member).doesNotHaveBean(PeerLink.class);
                          NodeId added = server(service).id();
                          Contexts.await("a member", () -> group.peers().contains(added));
                          member.stop();
                          Contexts.await("its end", () -> group.peers().isEmpty());
                          assertThat(group.health()).as("who is dialled").isEmpty();
                          member.start();
                          NodeKey caller = NodeKey.generate();
                          PeerClient.create(caller)
                              .remote("127.0.0.1", server(member).port())
                              .connect()
                              .block(Contexts.LIMIT);
                          Contexts.await(
                              "both, whoever dialled",
                              () ->
                                  group
                                      .peers()
                                      .containsAll(List.of(server(service).id(), caller.id())));
                        }));
  }

  @Test
  void channelsAreStoredInTheFolder(@TempDir Path folder) {
    List<Pkt> delivered = new CopyOnWriteArrayList<>();
    node()
        .withPropertyValues(
            "fluxwire.server.host=127.0.0.1",
            "fluxwire.server.port=0",
            "fluxwire.channels.folder=" + folder.resolve("in"))
        .withBean(ChannelHandler.class, () -> deliveredTo(delivered))
        .run(
            service ->
                client(server(service))
                    .withPropertyValues(
                        "fluxwire.clients.echo.keep-connected=false",
                        "fluxwire.channels.folder=" + folder.resolve("out"))
                    .run(
                        sender -> {
                          assertThat(sender).doesNotHaveBean(PeerLink.class);
                          PeerClient<Pkt> client =
                              sender.getBean(FluxwireClients.class).client("echo");
                          PeerChannel<Pkt> channel =
                              client
                                  .channel("numbers", sender.getBean(ChannelSpec.class))
                                  .blockOptional(Contexts.LIMIT)
                                  .orElseThrow();
                          long number =
                              channel
                                  .sendOne(Hello.packet())
                                  .blockOptional(Contexts.LIMIT)
                                  .orElseThrow();
                          channel.acknowledged(number).block(Contexts.LIMIT);
                          channel.close().block(Contexts.LIMIT);
                        }));
    assertThat(delivered).hasSize(1);
    assertThat(folder.resolve("in")).isNotEmptyDirectory();
  }

  private static ChannelHandler<Pkt> deliveredTo(List<Pkt> delivered) {
    return channel ->
        channel.handle(delivery -> Mono.fromRunnable(() -> delivered.add(delivery.packet())));
  }

  @Test
  void onlyTheExpectedPeerIsTalkedTo() {
    echo()
        .run(
            service ->
                node()
                    .withPropertyValues(
                        "fluxwire.clients.echo.remotes=127.0.0.1:" + server(service).port(),
                        "fluxwire.clients.echo.expect=" + NodeKey.generate().id())
                    .run(
                        caller ->
                            assertThatThrownBy(() -> connection(caller))
                                .isInstanceOfSatisfying(
                                    PeerException.class,
                                    e ->
                                        assertThat(e.reason())
                                            .isEqualTo(Reason.NODE_ID_UNEXPECTED))));
  }
}
