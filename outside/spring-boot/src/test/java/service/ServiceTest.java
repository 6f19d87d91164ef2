package service;

import static org.assertj.core.api.Assertions.assertThat;

import client.Client;
import io.fluxwire.access.BanList;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.spring.FluxwireServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Both applications, as a browser and an operator see them. */
class ServiceTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String ALL = "--management.endpoints.web.exposure.include=*";

  private final HttpClient http = HttpClient.newHttpClient();

  @TempDir private Path folder;

  private ConfigurableApplicationContext service() {
    return SpringApplication.run(
        Service.class,
        "--server.port=0",
        ALL,
        "--management.endpoint.health.show-details=always",
        "--fluxwire.node.key-file=" + folder.resolve("service.key"),
        "--fluxwire.server.host=127.0.0.1",
        "--fluxwire.server.port=0",
        "--fluxwire.server.ban-file=" + folder.resolve("bans"));
  }

  private static ConfigurableApplicationContext client(DisposablePeerServer service) {
    return SpringApplication.run(
        Client.class,
        "--server.port=0",
        ALL,
        "--management.endpoint.health.show-details=always",
        "--fluxwire.node.ephemeral=true",
        "--fluxwire.clients.service.remotes=127.0.0.1:" + service.port(),
        "--fluxwire.clients.service.expect=" + service.id());
  }

  private HttpResponse<String> ask(
      ConfigurableApplicationContext application, String method, String path) throws Exception {
    String port = application.getEnvironment().getProperty("local.server.port");
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private String get(ConfigurableApplicationContext application, String path) throws Exception {
    HttpResponse<String> answer = ask(application, "GET", path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  @Test
  void theyTalkAndAreSeenAndStop() throws Exception {
    DisposablePeerServer server;
    PeerLink<?> link;
    try (ConfigurableApplicationContext service = service()) {
      server = service.getBean(FluxwireServer.class).server();
      try (ConfigurableApplicationContext client = client(server)) {
        link = client.getBean(PeerLink.class);
        link.connection().block(LIMIT);

        assertThat(get(client, "/hello")).isEqualTo("hello");
        assertThat(get(client, "/actuator/health/fluxwire/servicePeerLink")).contains("\"UP\"");
        assertThat(get(service, "/actuator/health/fluxwire/fluxwireServer"))
            .contains("\"UP\"", "\"node\":\"" + server.id());
        assertThat(get(service, "/actuator/info")).contains(server.id().toString());
        assertThat(get(service, "/actuator/metrics/fluxwire.connections.opened"))
            .contains("\"measurements\"");
        assertThat(get(service, "/actuator/fluxwire"))
            .contains("\"direction\":\"inbound\"", "\"reason\":\"CLOSED_BY_PEER\"");
      }
    }
    assertThat(link.onDispose().toFuture()).as("the link's end").isCompleted();
    assertThat(server.onDispose().toFuture()).as("the server's end").isCompleted();
  }

  @Test
  void aBanIsLiftedByTheOperator() throws Exception {
    try (ConfigurableApplicationContext service = service()) {
      service.getBean(BanList.class).ban("192.0.2.0/24", Duration.ofHours(1));
      service.getBean(BanList.class).ban(NodeKey.generate().id(), Duration.ofHours(1));
      assertThat(get(service, "/actuator/fluxwire")).contains("\"192.0.2.0/24\"");

      String ban = "/actuator/fluxwire?ban=192.0.2.0/24";
      assertThat(ask(service, "DELETE", ban).body()).contains("\"lifted\":true");
      assertThat(ask(service, "DELETE", ban).body()).as("again").contains("\"lifted\":false");
      assertThat(ask(service, "DELETE", "/actuator/fluxwire?ban=x").statusCode()).isEqualTo(400);

      assertThat(get(service, "/actuator/fluxwire")).doesNotContain("192.0.2.0");
      assertThat(service.getBean(BanList.class).entries()).hasSize(1);
    }
  }
}
