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
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.BanList;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;

@ExtendWith(OutputCaptureExtension.class)
class ActuatorTest {

  private static final String EXPOSED = "management.endpoints.web.exposure.include=fluxwire";

  private static FluxwireEndpoint.Node seen(ApplicationContext context) {
    return context.getBean(FluxwireEndpoint.class).node();
  }

  @Test
  void theEndpointTellsOfPeersEndsAndDials() {
    echo()
        .withPropertyValues(EXPOSED)
        .run(
            service ->
                client(server(service))
                    .withPropertyValues(EXPOSED)
                    .run(
                        caller -> {
                          NodeId id = server(service).id();
                          PeerConnection<Pkt> peer = connection(caller);
                          assertThat(saysHello(peer)).isTrue();
                          assertThat(seen(caller).peers())
                              .singleElement()
                              .satisfies(
                                  one -> {
                                    assertThat(one.node()).isEqualTo(id.toString());
                                    assertThat(one.direction()).isEqualTo("outbound");
                                    assertThat(one.address())
                                        .isEqualTo("127.0.0.1:" + server(service).port());
                                  });
                          assertThat(seen(service).peers())
                              .singleElement()
                              .satisfies(one -> assertThat(one.direction()).isEqualTo("inbound"));

                          peer.close().block(Contexts.LIMIT);

                          assertThat(seen(caller).ends())
                              .singleElement()
                              .satisfies(
                                  end -> {
                                    assertThat(end.node()).isEqualTo(id.toString());
                                    assertThat(end.reason())
                                        .isEqualTo(Reason.CLOSED_LOCALLY.name());
                                  });
                          assertThat(seen(caller).dials())
                              .allMatch(note -> note.client().equals("echo"))
                              .anyMatch(note -> note.text().contains("connected to " + id));
                          assertThat(seen(caller).parts()).containsKey("echoPeerLink");
                          assertThat(seen(service).parts()).containsKey("fluxwireServer");
                        }));
  }

  @Test
  void whatHappenedIsForgottenInTime() {
    Recent<Integer> recent = new Recent<>();
    for (int i = 0; i < 1000; i++) {
      recent.add(i);
    }
    assertThat(recent.list()).hasSize(Recent.KEPT).startsWith(999, 998);
  }

  @Test
  void bansAreListedAndLifted(@TempDir Path folder) {
    NodeId id = NodeKey.generate().id();
    echo()
        .withPropertyValues(EXPOSED, "fluxwire.server.ban-file=" + folder.resolve("bans"))
        .run(
            context -> {
              BanList bans = context.getBean(BanList.class);
              FluxwireEndpoint endpoint = context.getBean(FluxwireEndpoint.class);
              bans.ban(id, Duration.ofHours(1));
              bans.ban("10.0.0.0/8", Duration.ofHours(1));
              assertThat(endpoint.node().bans())
                  .extracting(FluxwireEndpoint.Ban::target)
                  .containsExactlyInAnyOrder(id.toString(), "10.0.0.0/8");

              assertThat(endpoint.lift(id.toString()).lifted()).isTrue();
              assertThat(endpoint.lift(id.toString()).lifted()).as("twice").isFalse();
              assertThat(endpoint.lift("10.0.0.0/8").lifted()).isTrue();

              assertThat(endpoint.node().bans()).isEmpty();
              assertThatThrownBy(() -> endpoint.lift("nobody"))
                  .isInstanceOf(InvalidEndpointRequestException.class);
            });
  }

  @Test
  void theEndpointIsNotThereUnlessExposed() {
    echo()
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(FluxwireEndpoint.class);
              assertThat(context).doesNotHaveBean(FluxwireSessions.class);
            });
  }

  @Test
  void infoSaysWhoTheNodeIs() {
    echo()
        .run(
            context -> {
              Info.Builder info = new Info.Builder();
              context.getBean(FluxwireInfo.class).contribute(info);
              assertThat(info.build().get("fluxwire"))
                  .asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
                  .containsEntry(
                      "nodes", Map.of("fluxwireNodeKey", server(context).id().toString()))
                  .containsEntry(
                      "addresses", Map.of("fluxwireServer", "127.0.0.1:" + server(context).port()))
                  .hasEntrySatisfying(
                      "version", version -> assertThat(version).isNotEqualTo("unknown"));
            });
    echo()
        .withPropertyValues("management.info.fluxwire.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(FluxwireInfo.class));
  }

  @Test
  void healthIsThatOfTheConnections() {
    ApplicationContextRunner nowhere =
        node()
            .withPropertyValues(
                "fluxwire.clients.echo.remotes=127.0.0.1:1", "fluxwire.clients.echo.expect=anyone");
    nowhere.run(
        context ->
            Contexts.await(
                "a link that is down, and why",
                () -> {
                  FluxwireHealth.State link = part(context, "echoPeerLink");
                  return !link.up()
                      && link.details().containsKey("lastError")
                      && link.details().get("dialing").equals("going on");
                }));
    nowhere
        .withPropertyValues(
            "fluxwire.group.enabled=true",
            "fluxwire.clients.echo.expect=" + NodeKey.generate().id())
        .run(context -> assertThat(part(context, "fluxwirePeerGroup").up()).isFalse());
    echo()
        .run(
            service -> {
              assertThat(part(service, "fluxwireServer").up()).isTrue();
              client(server(service))
                  .run(
                      caller -> {
                        connection(caller);
                        assertThat(part(caller, "echoPeerLink").up()).isTrue();
                        assertThat(part(service, "fluxwireServer").details())
                            .containsEntry("peers", 1);
                      });
              service.stop();
              assertThat(part(service, "fluxwireServer").up()).isFalse();
            });
  }

  @Test
  void aLinkThatIsUpHasNoErrorOfEarlierTimes() {
    echo()
        .run(
            service ->
                client(server(service))
                    .withPropertyValues(
                        "fluxwire.clients.echo.reconnect.min=1ms",
                        "fluxwire.clients.echo.reconnect.max=5ms")
                    .run(
                        caller -> {
                          PeerConnection<Pkt> first = connection(caller);
                          first.closeWithError("enough").block(Contexts.LIMIT);
                          assertThat(connection(caller)).isNotSameAs(first);

                          FluxwireClients clients = caller.getBean(FluxwireClients.class);
                          assertThat(clients.link("echo").health().lastError()).isNotNull();
                          assertThat(part(caller, "echoPeerLink").details())
                              .containsOnlyKeys("since");
                        }));
  }

  @Test
  void aLinkThatHasGivenUpSaysSoAndWhatToDo(CapturedOutput output) {
    echo()
        .run(
            service ->
                node()
                    .withPropertyValues(
                        "fluxwire.clients.echo.remotes=127.0.0.1:" + server(service).port(),
                        "fluxwire.clients.echo.expect=" + NodeKey.generate().id())
                    .run(
                        caller -> {
                          assertThatThrownBy(() -> connection(caller))
                              .isInstanceOf(PeerException.class);

                          FluxwireHealth.State link = part(caller, "echoPeerLink");
                          assertThat(link.up()).isFalse();
                          assertThat(link.details()).containsEntry("dialing", "given up");
                        }));
    assertThat(output)
        .containsPattern(
            "WARN.*fluxwire\\.clients\\.echo: it is not dialled any more.*start this application");
  }

  /** What is in it, the tests of the projects outside see over HTTP. */
  @Test
  void healthIsAContributorUnlessSwitchedOff() {
    String contributor = "fluxwireHealthContributor";
    echo().run(context -> assertThat(context).hasBean(contributor));
    echo()
        .withPropertyValues("management.health.fluxwire.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(contributor));
  }

  private static FluxwireHealth.State part(ApplicationContext context, String bean) {
    return context.getBean(FluxwireHealth.class).parts().get(bean).get();
  }
}
