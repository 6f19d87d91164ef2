package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fluxwire.identity.NodeKey;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** The page on an application's own server, behind what authenticates there. */
@Timeout(60)
class MountedPageTest {

  private static final String PASSWORD = "Bearer of the operator";

  private final NodeMonitor monitor = new NodeMonitor();
  private final MountedPage page = NodePage.of(monitor).name("orders").mount("/admin/node");
  private final AtomicInteger reached = new AtomicInteger();
  private final HttpClient http = HttpClient.newHttpClient();
  private final DisposableServer server =
      HttpServer.create()
          .host("127.0.0.1")
          .route(
              routes ->
                  routes
                      .get("/orders", (request, response) -> response.sendString(Mono.just("some")))
                      .route(request -> page.covers(request.fullPath()), this::authenticated))
          .bindNow();

  @AfterEach
  void stop() {
    server.disposeNow(Duration.ofSeconds(30));
  }

  private Publisher<Void> authenticated(HttpServerRequest request, HttpServerResponse response) {
    if (!PASSWORD.equals(request.requestHeaders().get("Authorization"))) {
      return response.status(401).header("WWW-Authenticate", "Bearer").send();
    }
    reached.incrementAndGet();
    return page.apply(request, response);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        request(path).header("Authorization", PASSWORD).build(), BodyHandlers.ofString());
  }

  @ParameterizedTest
  @CsvSource({
    "/admin/node/,<title>Fluxwire</title>",
    "/admin/node/page.js,EventSource('events')",
    "/admin/node/uplot.css,.uplot",
    "/admin/node/health,'\"status\":\"up\"'",
    "/admin/node/peers?all,'\"count\":1'",
    "/admin/node/rows/peers?filter=nobody,'\"matching\":0'"
  })
  void itIsServedBelowItsPath(String path, String holds) throws Exception {
    FakeSession.established(monitor, NodeKey.generate().id());

    HttpResponse<String> answer = get(path);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains(holds);
    assertThat(answer.headers().firstValue("x-content-type-options")).hasValue("nosniff");
    assertThat(get("/orders").body()).isEqualTo("some");
  }

  @Test
  void itsOwnPathLeadsToThePage() throws Exception {
    HttpResponse<String> answer = get("/admin/node");
    assertThat(answer.statusCode()).isEqualTo(302);
    URI target = answer.uri().resolve(answer.headers().firstValue("location").orElseThrow());
    assertThat(target.getPath()).isEqualTo("/admin/node/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "/page.js", "/events", "/health", "/peers", "/nothing"})
  void whoeverIsNotAuthenticatedDoesNotReachIt(String path) throws Exception {
    HttpResponse<String> answer =
        http.send(request("/admin/node" + path).build(), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).isEmpty();
    assertThat(reached).hasValue(0);
    assertThat(page.content().events().subscribers()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/admin", "/admin/nodes", "/admin/nodes/peers", "/peers", "/health"})
  void theRestOfTheServerIsNotThePages(String path) throws Exception {
    assertThat(get(path).statusCode()).isEqualTo(404);
    assertThat(reached).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/metrics", "/link/drop", "/nothing", "//peers", "/peers/"})
  void whatItDoesNotHaveIsNotFound(String path) throws Exception {
    assertThat(get("/admin/node" + path).statusCode()).isEqualTo(404);
    assertThat(reached).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "/peers"})
  void itIsOnlyToBeRead(String path) throws Exception {
    HttpResponse<String> answer =
        http.send(
            request("/admin/node" + path)
                .header("Authorization", PASSWORD)
                .POST(HttpRequest.BodyPublishers.ofString("x"))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("allow")).hasValue("GET, HEAD");
  }

  @Test
  void anotherHostIsTheApplicationsToRefuse() throws Exception {
    AtomicInteger status = new AtomicInteger();
    page.serve(
            "GET",
            "/admin/node/health",
            null,
            answer -> {
              status.set(answer.status());
              return answer.body().then();
            })
        .block(Duration.ofSeconds(30));
    assertThat(status).hasValue(200);
  }

  @Test
  void eventsFlowUntilTheBrowserGoes() throws Exception {
    try (BufferedReader events =
        new BufferedReader(
            new InputStreamReader(
                http.send(
                        request("/admin/node/events").header("Authorization", PASSWORD).build(),
                        BodyHandlers.ofInputStream())
                    .body(),
                StandardCharsets.UTF_8))) {
      for (int i = 0; i < 2; i++) {
        assertThat(events.readLine()).startsWith("data:{").contains("\"name\":\"orders\"");
        assertThat(events.readLine()).isEmpty();
      }
      assertThat(page.content().events().subscribers()).isEqualTo(1);
    }
    while (page.content().events().subscribers() > 0) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  @Test
  void allOfAServerCanBeThePage() {
    MountedPage all = NodePage.of(monitor).mount("/");
    assertThat(List.of("/", "/peers", "/any/thing")).allMatch(all::covers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "admin", "/admin/", "//", "/a//b", "/a?b", "/a#b", "/a/../b", "/.."})
  void aPathIsOneThatRequestsHave(String path) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NodePage.of(monitor).mount(path))
        .withMessageContaining("not " + path);
  }
}
