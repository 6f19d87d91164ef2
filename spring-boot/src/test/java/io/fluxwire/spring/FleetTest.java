package io.fluxwire.spring;

import static io.fluxwire.spring.Contexts.LIMIT;
import static io.fluxwire.spring.Contexts.await;
import static io.fluxwire.spring.Contexts.node;
import static io.fluxwire.spring.Contexts.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.engine.MemoryEngine;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.Hello;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.mock.env.MockEnvironment;
import reactor.core.publisher.Mono;

/** Nodes that are instances of a fleet. */
@Timeout(120)
class FleetTest {

  private final MemoryEngine engine = MemoryEngine.create();
  private final NodeKey key = NodeKey.generate();

  private ApplicationContextRunner instance(String name) {
    return Contexts.bare()
        .withBean(FleetEngine.class, () -> engine)
        .withBean(NodeIdentity.class, () -> key)
        .withPropertyValues(
            "fluxwire.server.host=127.0.0.1",
            "fluxwire.server.port=0",
            "fluxwire.group.enabled=true",
            "fluxwire.fleet.instance=" + name,
            "fluxwire.fleet.drain=0s");
  }

  @SuppressWarnings("unchecked")
  private static FleetGroup<Pkt> fleet(ApplicationContext context) {
    return context.getBean(FleetGroup.class);
  }

  // An engine may tell of members while the instance's own joining still has to end.
  private static void awaitJoined(ApplicationContext context, int members)
      throws InterruptedException {
    FleetGroup<Pkt> fleet = fleet(context);
    await(
        members + " members",
        () -> fleet.state() == FleetGroup.State.JOINED && fleet.members().size() == members);
  }

  private static FluxwireHealth.State part(ApplicationContext context) {
    return context
        .getBean(FluxwireHealth.class)
        .parts()
        .get(FluxwireFleetAutoConfiguration.INSTANCE)
        .get();
  }

  private static PeerConnection<Pkt> dial(ApplicationContext context, NodeKey peer) {
    return PeerClient.create(peer)
        .remote("127.0.0.1", server(context).port())
        .expect(server(context).id())
        .connect()
        .blockOptional(LIMIT)
        .orElseThrow();
  }

  @Test
  void anEngineBeanMakesTheNodeAnInstanceThatReachesThePeersOfOthers() {
    MeterRegistry registry = new SimpleMeterRegistry();
    instance("one")
        .withBean(MeterRegistry.class, () -> registry)
        .run(
            one ->
                instance("two")
                    .run(
                        two -> {
                          awaitJoined(one, 2);
                          awaitJoined(two, 2);
                          NodeKey peer = NodeKey.generate();
                          PeerConnection<Pkt> connection = dial(two, peer);
                          CompletableFuture<Boolean> hello =
                              connection.receive().next().map(Hello::is).toFuture();

                          fleet(one).send(peer.id(), Mono.just(Hello.packet()), LIMIT).block(LIMIT);

                          assertThat(hello.get()).isTrue();
                          assertThat(part(one).up()).isTrue();
                          assertThat(part(one).details())
                              .containsEntry("instance", fleet(one).self().toString())
                              .containsEntry("state", "joined")
                              .containsEntry(
                                  "members",
                                  List.of(fleet(one), fleet(two)).stream()
                                      .map(FleetGroup::self)
                                      .map(InstanceId::toString)
                                      .toList())
                              .containsEntry("forwarded", 1L);
                          assertThat(
                                  registry
                                      .get("fluxwire.fleet.members")
                                      .tag("member", "one")
                                      .gauge()
                                      .value())
                              .isEqualTo(2);
                        }));
  }

  @Test
  void theServerAsksTheFleetsRules() {
    instance("one")
        .withPropertyValues("fluxwire.server.allow=")
        .run(
            one -> {
              awaitJoined(one, 1);
              NodeKey peer = NodeKey.generate();
              fleet(one).allow(peer.id(), Duration.ofHours(1)).block(LIMIT);
              PeerConnection<Pkt> connection = dial(one, peer);
              await("it is let in", () -> fleet(one).local().peers().contains(peer.id()));

              fleet(one).ban(peer.id(), Duration.ofHours(1)).block(LIMIT);

              assertThat(connection.onClose().block(LIMIT)).isNotNull();
            });
  }

  @Test
  void itMakesWayBeforeTheServerStops() {
    instance("one")
        .run(
            one -> {
              awaitJoined(one, 1);
              FleetGroup<Pkt> fleet = fleet(one);
              PeerConnection<Pkt> connection = dial(one, NodeKey.generate());
              FluxwireServer server = one.getBean(FluxwireServer.class);
              CompletableFuture<Boolean> listened =
                  fleet.onDispose().thenReturn(server).map(FluxwireServer::isRunning).toFuture();

              one.getSourceApplicationContext().close();

              assertThat(listened.get()).as("the server still listened when it had left").isTrue();
              assertThat(fleet.state()).isEqualTo(FleetGroup.State.LEFT);
              assertThat(connection.onClose().block(LIMIT)).isNotNull();
            });
  }

  @Test
  void clientsOfThePropertiesAreDialsThatTheInstancesShare() {
    node()
        .withUserConfiguration(Contexts.Echo.class)
        .withPropertyValues("fluxwire.server.host=127.0.0.1", "fluxwire.server.port=0")
        .run(
            peer -> {
              String[] client = {
                "fluxwire.clients.echo.remotes=127.0.0.1:" + server(peer).port(),
                "fluxwire.clients.echo.expect=" + server(peer).id(),
                "fluxwire.fleet.handover=0s"
              };
              NodeId id = server(peer).id();
              instance("one")
                  .withPropertyValues(client)
                  .run(
                      one -> {
                        await("it is dialed", () -> fleet(one).local().peers().contains(id));
                        instance("two")
                            .withPropertyValues(client)
                            .run(
                                two -> {
                                  awaitJoined(one, 2);
                                  awaitJoined(two, 2);
                                  assertThat(fleet(two).snapshot().sharedDials()).isEqualTo(1);
                                  await(
                                      "it is one instance's",
                                      () ->
                                          fleet(one).snapshot().dials()
                                                  + fleet(two).snapshot().dials()
                                              == 1);
                                });
                      });
            });
  }

  @Test
  void theNodesPageShowsIt() {
    instance("one")
        .withBean(NodeMonitor.class, NodeMonitor::new)
        .run(
            context ->
                assertThat(context.getBean(NodeMonitor.class))
                    .extracting("fleet")
                    .asString()
                    .contains("FleetBoard"));
  }

  @Test
  void settingsReachTheSpec() {
    FluxwireProperties.Fleet fleet = PropertiesTest.bound().fleet();
    MockEnvironment environment = new MockEnvironment().withProperty("HOSTNAME", "pod-7.x.example");
    assertThat(FleetSettings.spec(fleet, environment).toString()).startsWith("FleetSpec[pod-7_");
    assertThat(fleet.lookAgain()).isEqualTo(FleetSpec.LOOK_AGAIN);
    assertThat(fleet.handover()).isEqualTo(FleetSpec.HANDOVER);
    assertThat(fleet.duplicateLinger()).isEqualTo(FleetSpec.DUPLICATE_LINGER);
    assertThat(fleet.window()).isEqualTo(FleetSpec.WINDOW);
    assertThat(fleet.rules()).isEqualTo(FleetSpec.RULES);
  }

  private static void assertFails(Throwable failure, String named, String said) {
    FailureAnalysis analysis = new FluxwireFailureAnalyzer().analyze(failure);
    assertThat(analysis).as("%s", failure).isNotNull();
    assertThat(analysis.getDescription() + " " + analysis.getAction()).contains(named, said);
  }

  @Test
  void whatDoesNotGoTogetherFailsTheStart() {
    instance("one")
        .withPropertyValues("fluxwire.group.enabled=false")
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(), "fluxwire.group.enabled", "FleetEngine bean"));
    instance("a_b")
        .run(
            context ->
                assertFails(context.getStartupFailure(), "fluxwire.fleet.instance", "63 letters"));
    instance("one")
        .withPropertyValues("fluxwire.fleet.window=129")
        .run(context -> assertFails(context.getStartupFailure(), "fluxwire.fleet.window", "128"));
    Contexts.echo()
        .withPropertyValues("fluxwire.fleet.instance=one")
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(), "fluxwire.fleet.instance", "no FleetEngine bean"));
  }

  @Test
  void aFleetCanBeSwitchedOffOrBeAbsent() {
    instance("one")
        .withPropertyValues("fluxwire.fleet.enabled=false")
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(FleetGroup.class)
                    .hasSingleBean(PeerGroup.class));
    Contexts.echo()
        .withClassLoader(new FilteredClassLoader("io.fluxwire.fleet"))
        .run(context -> assertThat(server(context).port()).isPositive());
  }
}
