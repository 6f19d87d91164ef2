package io.fluxwire.spring;

import static io.fluxwire.spring.Contexts.LIMIT;
import static io.fluxwire.spring.Contexts.node;
import static io.fluxwire.spring.Contexts.server;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.AccessList;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.rsocket.exceptions.ApplicationErrorException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.ClosedChannelException;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.handler.annotation.MessageMapping;
import org.springframework.messaging.rsocket.RSocketRequester;
import org.springframework.messaging.rsocket.RSocketStrategies;
import org.springframework.messaging.rsocket.annotation.support.RSocketMessageHandler;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableReactiveMethodSecurity;
import org.springframework.stereotype.Controller;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

class RSocketTest {

  /** Spring reads random bytes when its first message comes, which would be on an event loop. */
  @BeforeAll
  static void spring() {
    assertThat(new MessageHeaders(Map.of()).getId()).isNotNull();
  }

  @Controller
  static class Greeter {

    final AtomicInteger calls = new AtomicInteger();
    final AtomicInteger cancelled = new AtomicInteger();

    @MessageMapping("whoami")
    String whoAmI(Principal who) {
      calls.incrementAndGet();
      return who.getName();
    }

    @MessageMapping("greet.{name}")
    Mono<String> greet(PeerPrincipal who, String greeting) {
      calls.incrementAndGet();
      return Mono.just(greeting + " " + who.nodeId());
    }

    @MessageMapping("forever")
    Flux<String> forever(PeerPrincipal who) {
      calls.incrementAndGet();
      return Flux.concat(Mono.just(who.getName()), Flux.never())
          .doOnCancel(cancelled::incrementAndGet);
    }
  }

  /** Has rules by node id. */
  @Controller
  static class Vault {

    @MessageMapping("open")
    @PreAuthorize("authentication.name == @owner.toString()")
    public Mono<String> open() {
      return Mono.just("gold");
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableReactiveMethodSecurity
  @Import(Vault.class)
  static class Guarded {}

  /** A bean that asks by the client's name. */
  static class Asker {

    final RSocketRequester echo;

    Asker(@Qualifier("echo") RSocketRequester echo) {
      this.echo = echo;
    }
  }

  private static ApplicationContextRunner service() {
    return node()
        .withUserConfiguration(Greeter.class)
        .withPropertyValues(
            "fluxwire.server.rsocket=true",
            "fluxwire.server.host=127.0.0.1",
            "fluxwire.server.port=0");
  }

  private static ApplicationContextRunner asker(DisposablePeerServer server, NodeKey key) {
    return asker("127.0.0.1:" + server.port(), server.id(), key);
  }

  private static ApplicationContextRunner asker(String remote, NodeId server, NodeKey key) {
    return Contexts.bare()
        .withBean(NodeIdentity.class, () -> key)
        .withBean(Asker.class)
        .withPropertyValues(
            "fluxwire.clients.echo.remotes=" + remote,
            "fluxwire.clients.echo.expect=" + server,
            "fluxwire.clients.echo.rsocket=true",
            "fluxwire.clients.echo.reconnect.min=10ms",
            "fluxwire.clients.echo.reconnect.max=50ms");
  }

  private static RSocketRequester requester(ApplicationContext context) {
    return context.getBean(Asker.class).echo;
  }

  private static Mono<String> whoAmI(ApplicationContext context) {
    return requester(context).route("whoami").retrieveMono(String.class);
  }

  @Test
  void aControllerSeesWhoAsks() {
    NodeKey key = NodeKey.generate();
    service()
        .run(
            service ->
                asker(server(service), key)
                    .run(
                        asker -> {
                          assertThat(whoAmI(asker).block(LIMIT)).isEqualTo(key.id().toString());
                          assertThat(
                                  requester(asker)
                                      .route("greet.bob")
                                      .data("hello")
                                      .retrieveMono(String.class)
                                      .block(LIMIT))
                              .isEqualTo("hello " + key.id());
                          assertThat(asker).doesNotHaveBean(PeerLink.class);
                        }));
  }

  /** Each of two that ask is told from the other, on a connection of its own. */
  @Test
  void twoPeersAreTwoPrincipals() {
    NodeKey one = NodeKey.generate();
    NodeKey other = NodeKey.generate();
    service()
        .run(
            service ->
                asker(server(service), one)
                    .run(
                        first ->
                            asker(server(service), other)
                                .run(
                                    second -> {
                                      assertThat(
                                              Mono.zip(whoAmI(first), whoAmI(second)).block(LIMIT))
                                          .containsExactly(
                                              one.id().toString(), other.id().toString());
                                    })));
  }

  @Test
  void whoIsNotOnTheListNeverReachesAController() {
    NodeKey friend = NodeKey.generate();
    service()
        .withPropertyValues("fluxwire.server.allow=" + friend.id())
        .run(
            service -> {
              AtomicInteger refused = new AtomicInteger();
              asker(server(service), NodeKey.generate())
                  .withBean(
                      PeerClientCustomizer.class,
                      () ->
                          new Customizer(
                              client ->
                                  client
                                      .doOnDial(event -> count(event, refused))
                                      .doOnDisconnected(peer -> refused.incrementAndGet())))
                  .run(
                      stranger -> {
                        Disposable asking = whoAmI(stranger).subscribe();
                        Contexts.await("a refusal", () -> refused.get() > 1);
                        asking.dispose();
                      });
              assertThat(service.getBean(Greeter.class).calls).hasValue(0);
              asker(server(service), friend)
                  .run(
                      asker ->
                          assertThat(whoAmI(asker).block(LIMIT)).isEqualTo(friend.id().toString()));
            });
  }

  private static void count(DialEvent event, AtomicInteger failures) {
    if (event instanceof DialEvent.RoundFailed) {
      failures.incrementAndGet();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  record Customizer(UnaryOperator<PeerClient<Object>> change)
      implements PeerClientCustomizer<Object> {

    @Override
    public PeerClient<Object> customize(String name, PeerClient<Object> client) {
      return change.apply(client);
    }
  }

  @Test
  void aRevokedNodesRunningRequestEnds() {
    NodeKey key = NodeKey.generate();
    NodeKey other = NodeKey.generate();
    service()
        .withPropertyValues("fluxwire.server.allow=" + key.id() + "," + other.id())
        .run(
            service ->
                asker(server(service), key)
                    .run(
                        asker ->
                            asker(server(service), other)
                                .run(bystander -> revoke(service, asker, bystander, key.id()))));
  }

  private static void revoke(
      ApplicationContext service,
      ApplicationContext asker,
      ApplicationContext bystander,
      NodeId revoked)
      throws InterruptedException {
    Greeter greeter = service.getBean(Greeter.class);
    List<String> heard = new CopyOnWriteArrayList<>();
    AtomicReference<Throwable> end = new AtomicReference<>();
    requester(asker).route("forever").retrieveFlux(String.class).subscribe(heard::add, end::set);
    Contexts.await("the stream's first", () -> !heard.isEmpty());
    assertThat(whoAmI(bystander).block(LIMIT)).isNotNull();

    service.getBean(AccessList.class).deny(revoked);

    Contexts.await("the stream's end", () -> end.get() != null);
    assertThat(end.get()).isInstanceOf(ClosedChannelException.class);
    Contexts.await("the controller's end", () -> greeter.cancelled.get() == 1);
    assertThat(server(service).peerCount()).as("the bystander").isEqualTo(1);
    int calls = greeter.calls.get();
    Disposable again = whoAmI(asker).subscribe();
    assertThat(whoAmI(bystander).block(LIMIT)).isNotNull();
    again.dispose();
    assertThat(greeter.calls).as("the bystander's call").hasValue(calls + 1);
  }

  /** RSocket's client gives up for good at the first failure, unless told otherwise. */
  @Test
  void aRequesterWaitsForAServerAndFindsOneThatCameBack() throws IOException {
    NodeKey key = NodeKey.generate();
    int port = freePort();
    ApplicationContextRunner service =
        service()
            .withBean(NodeIdentity.class, () -> key)
            .withPropertyValues("fluxwire.node.ephemeral=false", "fluxwire.server.port=" + port);
    AtomicInteger failures = new AtomicInteger();
    asker("127.0.0.1:" + port, key.id(), NodeKey.generate())
        .withBean(
            PeerClientCustomizer.class,
            () -> new Customizer(client -> client.doOnDial(event -> count(event, failures))))
        .run(
            asker -> {
              // A request may have gone to the server that is about to stop: it is asked again
              // then.
              Mono<String> patient =
                  whoAmI(asker).retryWhen(Retry.fixedDelay(100, Duration.ofMillis(100)));
              CompletableFuture<String> answer = patient.toFuture();
              Contexts.await("a failure", () -> failures.get() > 1);
              for (int run = 0; run < 2; run++) {
                CompletableFuture<String> asked = run == 0 ? answer : patient.toFuture();
                service.run(there -> assertThat(asked.get(30, TimeUnit.SECONDS)).isNotNull());
              }
            });
  }

  @Test
  void aContextThatIsClosedLeavesNoConnectionOpen() {
    service()
        .run(
            service -> {
              List<PeerConnection<?>> open = new CopyOnWriteArrayList<>();
              asker(server(service), NodeKey.generate())
                  .withBean(
                      PeerClientCustomizer.class,
                      () -> new Customizer(client -> client.doOnConnected(open::add)))
                  .run(asker -> assertThat(whoAmI(asker).block(LIMIT)).isNotNull());
              assertThat(open).hasSize(1);
              assertThat(open.get(0).isDisposed()).isTrue();
              assertThat(open.get(0).onDispose().toFuture()).isCompleted();
              Contexts.await("the server's side", () -> server(service).peerCount() == 0);
            });
  }

  /** It reads less than it is sent, and does not end: a close in good order waits for it. */
  @Test
  void aConnectionWhoseServerDoesNotEndIsAborted() {
    DisposablePeerServer deaf =
        PeerServer.create(NodeKey.generate(), PacketCodec.raw())
            .host("127.0.0.1")
            .handle(PeerConnection::onDispose)
            .bindNow();
    List<PeerConnection<?>> open = new CopyOnWriteArrayList<>();
    asker(deaf, NodeKey.generate())
        .withPropertyValues("fluxwire.clients.echo.timeouts.drain=1h")
        .withBean(
            PeerClientCustomizer.class,
            () -> new Customizer(client -> client.doOnConnected(open::add)))
        .run(
            asker -> {
              Flux.range(0, 64)
                  .concatMap(n -> requester(asker).route("").data("x".repeat(1 << 16)).send())
                  .blockLast(LIMIT);
              RSocketRequesters requesters = asker.getBean(RSocketRequesters.class);
              assertThat(requesters.close(Duration.ofMillis(1))).isEqualTo(1);
              open.get(0).onDispose().block(LIMIT);
              assertThat(requesters.close(LIMIT)).as("again").isZero();
            });
    deaf.disposeNow();
  }

  @Test
  void aServicesShutdownEndsRunningRequests() {
    AtomicReference<DisposablePeerServer> listening = new AtomicReference<>();
    AtomicReference<Throwable> end = new AtomicReference<>();
    NodeKey key = NodeKey.generate();
    service()
        .run(
            service -> {
              listening.set(server(service));
              asker(server(service), key)
                  .run(
                      asker -> {
                        List<String> heard = new CopyOnWriteArrayList<>();
                        requester(asker)
                            .route("forever")
                            .retrieveFlux(String.class)
                            .subscribe(heard::add, end::set);
                        Contexts.await("the stream's first", () -> !heard.isEmpty());
                        service.getBean(FluxwireServer.class).stop();
                        Contexts.await("the stream's end", () -> end.get() != null);
                      });
            });
    assertThat(end.get()).isInstanceOf(ClosedChannelException.class);
    assertThat(listening.get().onDispose().toFuture()).isCompleted();
  }

  @Test
  void securitysRulesKnowWhoAsks() {
    NodeKey owner = NodeKey.generate();
    service()
        .withUserConfiguration(Guarded.class)
        .withBean("owner", NodeId.class, owner::id)
        .run(
            service -> {
              asker(server(service), owner)
                  .run(asker -> assertThat(open(asker).block(LIMIT)).isEqualTo("gold"));
              asker(server(service), NodeKey.generate())
                  .run(
                      asker ->
                          assertThatThrownBy(() -> open(asker).block(LIMIT))
                              .isInstanceOf(ApplicationErrorException.class)
                              .hasMessageContaining("Denied"));
            });
  }

  private static Mono<String> open(ApplicationContext asker) {
    return requester(asker).route("open").retrieveMono(String.class);
  }

  @Test
  void withoutSecurityWhoAsksIsKnownAllTheSame() {
    NodeKey key = NodeKey.generate();
    service()
        .withClassLoader(new FilteredClassLoader("org.springframework.security"))
        .run(
            service ->
                asker(server(service), key)
                    .run(
                        asker ->
                            assertThat(whoAmI(asker).block(LIMIT)).isEqualTo(key.id().toString())));
  }

  @Test
  void aHandlerOfPacketsBesideItFails() {
    assertThat(failure(service().withUserConfiguration(Contexts.Echo.class)))
        .contains("fluxwire.server.rsocket", "PeerHandler");
    assertThat(failure(service().withPropertyValues("fluxwire.group.enabled=true")))
        .contains("fluxwire.server.rsocket", "group");
  }

  @Test
  void itFailsWithoutRSocketOnTheClassPath() {
    for (String property : List.of("fluxwire.server.rsocket", "fluxwire.clients.echo.rsocket")) {
      assertThat(
              failure(
                  node()
                      .withClassLoader(new FilteredClassLoader("io.fluxwire.rsocket"))
                      .withPropertyValues(
                          property + "=true",
                          "fluxwire.server.port=0",
                          "fluxwire.clients.echo.remotes=127.0.0.1:1",
                          "fluxwire.clients.echo.expect=" + NodeKey.generate().id())))
          .contains(property, "class path");
    }
  }

  @Test
  void aPeerThatIsAskedIsOneNode() {
    assertThat(
            failure(
                node()
                    .withPropertyValues(
                        "fluxwire.clients.echo.rsocket=true",
                        "fluxwire.clients.echo.remotes=127.0.0.1:1",
                        "fluxwire.clients.echo.expect=anyone")))
        .contains("fluxwire.clients.echo.expect", "asked by RSocket");
  }

  private static String failure(ApplicationContextRunner runner) {
    AtomicReference<FailureAnalysis> analysis = new AtomicReference<>();
    runner.run(
        context ->
            analysis.set(new FluxwireFailureAnalyzer().analyze(context.getStartupFailure())));
    assertThat(analysis.get()).isNotNull();
    return analysis.get().getDescription();
  }

  @Test
  void nothingIsServedThatNobodyAskedFor() {
    node()
        .withUserConfiguration(Greeter.class)
        .withPropertyValues("fluxwire.server.port=0")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).doesNotHaveBean(RSocketMessageHandler.class);
              assertThat(context).doesNotHaveBean(RSocketServing.class);
            });
  }

  @Test
  void theApplicationsOwnBeansAreTaken() {
    RSocketStrategies strategies = RSocketStrategies.create();
    service()
        .withBean(RSocketStrategies.class, () -> strategies)
        .run(
            service ->
                assertThat(service.getBean(RSocketMessageHandler.class).getRSocketStrategies())
                    .isSameAs(strategies));
  }
}
