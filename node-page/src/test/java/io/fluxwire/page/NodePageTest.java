package io.fluxwire.page;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.testing.FaultProxy;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.util.concurrent.EventExecutor;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.netty.http.HttpResources;

/** The page's server, over real HTTP. */
@Timeout(60)
class NodePageTest {

  private final NodeMonitor monitor = new NodeMonitor();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private HttpClient http = HttpClient.newHttpClient();
  private final Map<Socket, InputStream> sockets = new LinkedHashMap<>();
  private final Sinks.Many<Integer> ticks = Sinks.many().multicast().directBestEffort();
  private final AtomicInteger watched = new AtomicInteger();
  private final AtomicLong nanos = new AtomicLong();
  private FaultProxy proxy;
  private PageContent content;
  private PageServer server;
  private DisposableNodePage page;

  @BeforeEach
  void start() {
    start("test");
  }

  private void start(String name) {
    proxy = FaultProxy.startNow(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
    Flux<Integer> counted =
        ticks
            .asFlux()
            .doOnSubscribe(subscription -> watched.incrementAndGet())
            .doFinally(signal -> watched.decrementAndGet());
    PageServer.BreakableLink link =
        new PageServer.BreakableLink(
            new NetworkSwitch() {
              @Override
              public void drop() {
                proxy.reset();
              }

              @Override
              public void stall() {
                proxy.stall();
              }

              @Override
              public void heal() {
                proxy.resume();
              }
            });
    content =
        new PageContent(
            monitor,
            new Snapshot.Node(name, null, true, FakeSession.FACTS),
            registry::scrape,
            link::state,
            counted,
            nanos::get);
    server = new PageServer(content, link, new PageGuard("Node.Example.org"));
    page = DisposableNodePage.startNow(server, "127.0.0.1", 0, Duration.ofMinutes(1));
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket socket : sockets.keySet()) {
      socket.close();
    }
    page.dispose();
    proxy.dispose();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(page.url()).resolve(path)).build(),
        BodyHandlers.ofString());
  }

  private String host() {
    return "127.0.0.1:" + page.address().getPort();
  }

  private Socket send(String request) throws IOException {
    Socket socket = new Socket();
    // Small, so that one who does not read is soon seen to be stuck.
    socket.setReceiveBufferSize(4096);
    // Red instead of waiting for what never comes.
    socket.setSoTimeout(30_000);
    socket.connect(page.address());
    socket.getOutputStream().write(request.getBytes(US_ASCII));
    sockets.put(socket, new BufferedInputStream(socket.getInputStream()));
    return socket;
  }

  /** The status, to a request that names its headers itself. */
  private int status(String method, String path, String... headers) throws IOException {
    String request =
        "%s %s HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n%s\r\n"
            .formatted(
                method,
                path,
                Flux.fromArray(headers)
                    .map(header -> header + "\r\n")
                    .reduce("", String::concat)
                    .block());
    try (InputStream in = send(request).getInputStream()) {
      String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Integer.parseInt(answer.split(" ", 3)[1]);
    }
  }

  @Test
  void healthTellsWhetherPeersCanComeIn() throws Exception {
    PeerServer<?> server = monitor.watch(PeerServer.create().host("127.0.0.1"));
    assertHealth(503, "starting");
    DisposablePeerServer listening = server.bindNow();
    DisposablePeerServer second = server.bindNow();
    assertHealth(200, "up");

    second.disposeNow(Duration.ofSeconds(30));
    assertHealth(200, "up");
    listening.disposeNow(Duration.ofSeconds(30));
    assertHealth(503, "draining");
    assertThat(get("/live").statusCode()).as("which is no reason to kill it").isEqualTo(200);

    DisposablePeerServer again = server.bindNow();
    assertHealth(200, "up");
    again.disposeNow(Duration.ofSeconds(30));
  }

  private void assertHealth(int status, String said) throws Exception {
    HttpResponse<String> answer = get("/health");
    assertThat(new ObjectMapper().readTree(answer.body()).get("status").asText()).isEqualTo(said);
    assertThat(answer.statusCode()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({
    "/,text/html; charset=utf-8,<title>Fluxwire</title>",
    "/page.css,text/css; charset=utf-8,prefers-color-scheme",
    "/page.js,text/javascript; charset=utf-8,EventSource",
    "/charts.js,text/javascript; charset=utf-8,uPlot",
    "/tables.js,text/javascript; charset=utf-8,textContent",
    "/fleet.js,text/javascript; charset=utf-8,showFleet",
    "/format.js,text/javascript; charset=utf-8,export",
    "/icon.svg,image/svg+xml,<svg",
    "/uplot.js,text/javascript; charset=utf-8,uPlot",
    "/uplot.css,text/css; charset=utf-8,.uplot",
    "/metrics,text/plain; version=0.0.4; charset=utf-8,hits_total 3.0",
    "/health,application/json,status",
    "/live,text/plain; charset=utf-8,answers",
    "/peers,application/json,count",
    "/history,application/json,bytesIn",
    "/reasons,application/json,KEEP_ALIVE_TIMEOUT",
    "/rows/peers,application/json,matching",
    "/rows/channels?limit=1&sort=name&order=desc,application/json,matching",
    "/rows/endings?filter=nobody,application/json,matching"
  })
  void servesEachPathWithHeadersThatKeepOthersOut(String path, String type, String holds)
      throws Exception {
    registry.counter("hits").increment(3);

    HttpResponse<String> answer = get(path);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains(holds);
    assertThat(answer.headers().firstValue("content-type")).hasValue(type);
    assertThat(answer.headers().firstValue("content-security-policy"))
        .hasValueSatisfying(
            policy ->
                assertThat(policy)
                    .startsWith("default-src 'self';")
                    .contains("frame-ancestors 'none'")
                    .doesNotContain("unsafe"));
    assertThat(answer.headers().firstValue("x-content-type-options")).hasValue("nosniff");
    assertThat(answer.headers().firstValue("referrer-policy")).hasValue("no-referrer");
    assertThat(answer.headers().firstValue("cache-control")).hasValue("no-store");
    assertThat(answer.headers().firstValue("cross-origin-resource-policy")).hasValue("same-origin");
  }

  @Test
  void thePageHasNothingInlineAndNothingFromElsewhere() throws Exception {
    assertThat(get("/").body())
        .doesNotContainPattern("<script(?![^>]* src=\"[a-z]+\\.js\")")
        .doesNotContainPattern("<style|\\sstyle=|\\son[a-z]+=")
        .doesNotContainPattern("(src|href)=\"(?!#|[a-z]+(\\.[a-z]+)?\")");
  }

  @Test
  void thePagesTextGoesInAsText() throws Exception {
    for (String path : List.of("/page.js", "/charts.js", "/fleet.js", "/tables.js", "/format.js")) {
      assertThat(get(path).body())
          .doesNotContain(
              "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(");
    }
  }

  @Test
  void peersAreJson() throws Exception {
    String id = NodeKey.generate().id().toString();
    FakeSession.established(monitor, NodeId.parse(id)).received(4);

    JsonNode json = new ObjectMapper().readTree(get("/peers").body());
    assertThat(json.get("count").asInt()).isEqualTo(1);
    JsonNode peer = json.get("peers").get(0);
    assertThat(peer.get("id").asText()).isEqualTo(id);
    assertThat(peer.get("direction").asText()).isEqualTo("in");
    assertThat(peer.get("address").asText()).isEqualTo("192.0.2.1:9735");
    assertThat(peer.get("traffic").get("bytesIn").asInt()).isEqualTo(4);
    assertThat(peer.get("session").get("protocol").asText()).isEqualTo("v3");
    assertThat(peer.get("session").get("postQuantum").asBoolean(true)).isFalse();
    assertThat(peer.get("session").has("cipher")).isFalse();
    assertThat(peer.has("roundTrip")).isFalse();
    assertThat(peer.has("lastError")).isFalse();
  }

  @Test
  void aFleetIsJsonAndWithoutOneThereIsNothing() throws Exception {
    assertThat(get("/fleet").statusCode()).isEqualTo(404);
    assertThat(json(monitor.snapshot(new Snapshot.Node("n", null, true, FakeSession.FACTS), null)))
        .doesNotContain("fleet");

    FakeFleet fleet = new FakeFleet().join();
    InstanceId other = fleet.other("other", 2);
    monitor.fleet(WatchedFleet.of(fleet.group));
    JsonNode json = new ObjectMapper().readTree(get("/fleet").body());

    assertThat(json.get("instance").asText()).isEqualTo(fleet.group.self().toString());
    assertThat(json.get("state").asText()).isEqualTo("joined");
    assertThat(json.get("since").asLong()).isNotNegative();
    assertThat(json.get("members").asInt()).isEqualTo(2);
    assertThat(json.get("draining").asInt()).isZero();
    assertThat(json.get("instances")).hasSize(2);
    assertThat(json.get("instances").get(0).get("self").asBoolean()).isTrue();
    assertThat(json.get("instances").get(1).get("id").asText()).isEqualTo(other.toString());
    assertThat(json.get("instances").get(1).get("peers").asInt()).isEqualTo(2);
    assertThat(json.has("others")).isFalse();
    assertThat(json.get("countedAt").asLong()).isNotNegative();
    assertThat(json.has("countError")).isFalse();
    for (String counter :
        List.of("forwarded", "received", "misses", "moves", "duplicates", "dials", "sharedDials")) {
      assertThat(json.get(counter).asLong(-1)).as(counter).isZero();
    }
    assertThat(status("HEAD", "/fleet", "Host: localhost")).isEqualTo(200);
    assertThat(status("POST", "/fleet", "Host: localhost")).isEqualTo(405);
    fleet.group.dispose();
  }

  private static String json(Object value) throws IOException {
    return new ObjectMapper()
        .setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL)
        .writeValueAsString(value);
  }

  @Test
  void rowsAreThoseThatAreAskedFor() throws Exception {
    for (int i = 0; i < 3; i++) {
      FakeSession.established(monitor, NodeKey.generate().id()).received(i);
    }

    JsonNode json =
        new ObjectMapper()
            .readTree(get("/rows/peers?filter=192.0.2&sort=carried&order=desc&limit=2").body());
    assertThat(json.get("count").asInt()).isEqualTo(3);
    assertThat(json.get("matching").asInt()).isEqualTo(3);
    assertThat(json.get("rows")).hasSize(2);
    assertThat(json.get("rows").get(0).get("traffic").get("bytesIn").asInt()).isEqualTo(2);
    assertThat(json.get("rows").get(0).get("pressure").get("queued").asInt()).isZero();
    assertThat(json.get("rows").get(0).has("rate")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "/rows/peers?limit=0,limit is 1 to 200",
    "/rows/channels?sort=age,'sort is one of attached, connections'",
    "/rows/endings?sort=at&order=up,order is asc or desc"
  })
  void rowsThatCannotBeAreRefused(String path, String why) throws Exception {
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).startsWith(why);
  }

  @Test
  void eachReasonIsExplained() throws Exception {
    JsonNode json = new ObjectMapper().readTree(get("/reasons").body());
    assertThat(json).hasSize(Reason.values().length);
    JsonNode lost = json.get("CONNECTION_LOST");
    assertThat(lost.get("description").asText()).isEqualTo(Reason.CONNECTION_LOST.description());
    assertThat(lost.get("advice").asText()).isEqualTo(Reason.CONNECTION_LOST.advice());
  }

  @Test
  void healthIsDownWhileWhatIsDialledIsDown() throws Exception {
    assertThat(get("/health").statusCode()).isEqualTo(200);

    // A client that is watched, and finds nobody.
    Instant before = Instant.now();
    PeerClient<?> client =
        monitor.watch(
            PeerClient.create()
                .remote("127.0.0.1", 1)
                .reconnect(spec -> spec.retryIf(failure -> false)));
    client.connect().onErrorComplete(DialException.class).block();
    assertThat(get("/health").statusCode()).as("what was dialled once").isEqualTo(200);
    client.connections().onErrorComplete(DialException.class).blockLast();

    HttpResponse<String> down = get("/health");
    assertThat(down.statusCode()).isEqualTo(503);
    JsonNode json = new ObjectMapper().readTree(down.body());
    assertThat(json.get("status").asText()).isEqualTo("down");
    JsonNode link = json.get("links").get(0);
    assertThat(link.get("up").asBoolean()).isFalse();
    assertThat(Instant.parse(link.get("since").asText())).isBetween(before, Instant.now());
    assertThat(link.get("lastError").asText()).contains("127.0.0.1:1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil.example", "evil.example:80", "127.0.0.1.evil.example", ""})
  void aNameThatIsNotOursIsRefused(String name) throws Exception {
    assertThat(status("GET", "/peers", "Host: " + name)).isEqualTo(421);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:80", "node.example.org:80"})
  void anAddressOrOurNameIsAnswered(String name) throws Exception {
    assertThat(status("GET", "/peers", "Host: " + name)).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: localhost\r\nHost: localhost",
        "Host: localhost\r\nHost: evil.example",
        "X-Nothing: said"
      })
  void aRequestNamesOneHostOnce(String headers) throws Exception {
    assertThat(status("GET", "/peers", headers)).isEqualTo(400);
    assertThat(status("GET", "http://localhost/peers", headers)).isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost/peers,200",
    "http://127.0.0.1:99/peers?x,200",
    "http://node.example.org/peers,200",
    "http://localhost,200",
    "http://evil.example/peers,421",
    "http://evil.example,421",
    "http://evil.example@localhost/peers,421",
    "http://localhost@evil.example/peers,421",
    "http:///peers,421",
    "https://localhost/peers,400",
    "localhost/peers,400",
    "*,400"
  })
  void theHostOfAnAbsoluteTargetCountsAndNotTheHeader(String target, int status) throws Exception {
    for (String host : List.of("localhost", "evil.example")) {
      assertThat(status("GET", target, "Host: " + host)).as(host).isEqualTo(status);
    }
  }

  @Test
  void theButtonsOfAnAbsoluteTargetAreThePagesThere() throws Exception {
    String drop = "http://" + host() + "/link/drop";
    String other = "Host: evil.example";
    assertThat(status("POST", drop, other, "Origin: http://" + host())).isEqualTo(204);
    assertThat(status("POST", drop, other, "Origin: http://evil.example")).isEqualTo(403);
  }

  @Test
  void theButtonsBreakAndHealTheLink() throws Exception {
    String own = "Host: " + host();
    for (String from : List.of("Origin: http://" + host(), "Sec-Fetch-Site: same-origin")) {
      for (String path : List.of("/link/drop", "/link/stall", "/link/heal")) {
        assertThat(status("POST", path, own, from)).isEqualTo(204);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: http://evil.example",
        "Origin: null",
        "Origin: https://%s",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "Sec-Fetch-Site: none",
        "Sec-Fetch-Site: cross-site\r\nOrigin: http://%s",
        "Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.example",
        "Origin: http://%1$s\r\nOrigin: http://evil.example",
        "Origin: http://evil.example\r\nOrigin: http://%1$s",
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site",
        "X-Nothing: said"
      })
  void whoeverIsNotThePageIsRefused(String headers) throws Exception {
    for (String path : List.of("/link/drop", "/link/stall", "/link/heal")) {
      assertThat(status("POST", path, "Host: " + host(), headers.formatted(host()))).isEqualTo(403);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/nothing,404",
    "GET,/link/nothing,404",
    "GET,/../pom.xml,404",
    "GET,/link/drop,405",
    "POST,/peers,405",
    "DELETE,/,405"
  })
  void whatIsNotThereIsRefused(String method, String path, int status) throws Exception {
    assertThat(status(method, path, "Host: localhost")).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/page.js", "/events", "/metrics", "/health", "/peers", "/nothing"})
  void aHeadHasNoBodyAndTheConnectionGoesOn(String path) throws Exception {
    String request = path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    Socket socket = send("HEAD " + request + "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");

    String head = readUntil(socket, "\r\n\r\n");
    assertThat(head).startsWith("HTTP/1.1 " + (path.equals("/nothing") ? 404 : 200) + " ");
    assertThat(head.toLowerCase(Locale.ROOT)).contains("content-type:", "nosniff");
    assertThat(readUntil(socket, "\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    assertThat(content.events().subscribers()).isZero();
  }

  @Test
  void aNodeWithoutABreakableNetworkHasNoButtons() throws Exception {
    page.dispose();
    page = NodePage.of(monitor).bindNow("127.0.0.1", 0);
    assertThat(status("POST", "/link/drop", "Host: " + host(), "Origin: http://" + host()))
        .isEqualTo(404);
  }

  private Socket subscribe() throws Exception {
    int before = content.events().subscribers();
    Socket socket = send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await(() -> content.events().subscribers() == before + 1);
    awaitStep();
    return socket;
  }

  /** In one step of an event loop a watcher is counted, and then told of ticks from there on. */
  private static void awaitStep() throws Exception {
    for (EventExecutor loop : HttpResources.get().onServer(true)) {
      loop.submit(() -> {}).get(30, TimeUnit.SECONDS);
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  @Test
  void snapshotsAreMadeOnlyWhileSomebodyWatches() throws Exception {
    assertThat(watched).hasValue(0);

    Socket one = subscribe();
    Socket other = subscribe();
    assertThat(watched).as("shared by both").hasValue(1);
    ticks.tryEmitNext(1);
    for (Socket socket : List.of(one, other)) {
      assertThat(readUntil(socket, "\n\n")).contains("text/event-stream").contains("data:{\"at\":");
    }

    one.close();
    other.close();
    await(() -> content.events().subscribers() == 0 && watched.get() == 0);
  }

  private String readUntil(Socket socket, String end) throws IOException {
    StringBuilder all = new StringBuilder();
    while (all.length() < end.length() || all.indexOf(end, all.length() - end.length()) < 0) {
      int next = sockets.get(socket).read();
      if (next < 0) {
        throw new IOException("the stream ended after " + all);
      }
      all.append((char) next);
    }
    return all.toString();
  }

  @Test
  void onlySoManyMayWatch() throws Exception {
    List<Socket> watching = new ArrayList<>();
    for (int i = 0; i < Watchers.MAX; i++) {
      watching.add(subscribe());
    }
    assertThat(status("GET", "/events", "Host: localhost")).isEqualTo(503);

    watching.get(0).close();
    await(() -> content.events().subscribers() == Watchers.MAX - 1);
    subscribe();
  }

  @Test
  void nobodyHoldsAPlaceForEver() throws Exception {
    List<Socket> watching = new ArrayList<>();
    for (int i = 0; i < Watchers.MAX; i++) {
      watching.add(subscribe());
    }
    nanos.set(Watchers.TURN.toNanos());

    Socket late = send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertThat(readUntil(watching.get(0), "0\r\n\r\n")).contains("text/event-stream");
    awaitStep();
    ticks.tryEmitNext(1);
    assertThat(readUntil(late, "\n\n")).contains("data:{");
    assertThat(readUntil(watching.get(1), "\n\n")).contains("data:{");
    assertThat(content.events().subscribers()).isEqualTo(Watchers.MAX);
  }

  @Test
  void halfSentRequestsMakeWayForWholeOnesAndNotThoseThatAreAnswered() throws Exception {
    Socket watcher = subscribe();
    for (int i = 0; i < 3 * HttpConnections.MAX; i++) {
      send("GET / HTTP/1.1\r\nHost: local");
      assertThat(page.connections().count()).isLessThanOrEqualTo(HttpConnections.MAX);
    }

    assertThat(get("/health").statusCode()).isEqualTo(200);
    ticks.tryEmitNext(1);
    assertThat(readUntil(watcher, "\n\n")).contains("data:{");
    for (Socket socket : sockets.keySet()) {
      socket.close();
    }
    http = HttpClient.newHttpClient();
    await(() -> page.connections().count() <= 1);
  }

  @Test
  void aRequestThatTricklesInForLongIsEnded() throws Exception {
    page.dispose();
    page = DisposableNodePage.startNow(server, "127.0.0.1", 0, Duration.ofMillis(500));
    Socket socket = send("GET / HTTP/1.1\r\n");
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 3_000; i++) {
                socket.getOutputStream().write("X: y\r\n".getBytes(US_ASCII));
                TimeUnit.MILLISECONDS.sleep(10);
              }
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  void whoeverAsksOnAndOnWithoutReadingIsNotReadFrom() throws Exception {
    Socket socket = subscribe();
    byte[] request =
        "GET /peers HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000).getBytes(US_ASCII);
    AtomicLong written = new AtomicLong();
    Thread writer =
        new Thread(
            () -> {
              try {
                while (true) {
                  socket.getOutputStream().write(request);
                  written.addAndGet(request.length);
                }
              } catch (IOException e) {
                // The end of the test.
              }
            });
    writer.start();
    long before = -1;
    while (written.get() != before) {
      before = written.get();
      TimeUnit.SECONDS.sleep(1);
    }
    // What the socket buffers of both sides hold.
    assertThat(before).isLessThan(16 << 20);
    socket.close();
    writer.join();
  }

  @Test
  void aBrowserThatDoesNotReadHoldsNobodyUpAndGetsTheLatest() throws Exception {
    stop();
    // Some 60 kB each: more in all than the sockets in between hold.
    start("n".repeat(60_000));
    Socket stuck = subscribe();
    Socket well = subscribe();
    int frames = 400;
    for (int i = 0; i < frames; i++) {
      if (i == frames - 1) {
        FakeSession.established(monitor, NodeKey.generate().id());
      }
      ticks.tryEmitNext(i);
      assertThat(readUntil(well, "\n\n")).contains("\"peerCount\":" + (i == frames - 1 ? 1 : 0));
    }

    String late = readUntilHolds(stuck, "\"peerCount\":1");
    assertThat(late.split("data:\\{", -1)).hasSizeBetween(3, frames / 2);
  }

  private String readUntilHolds(Socket socket, String text) throws IOException {
    StringBuilder all = new StringBuilder();
    byte[] buffer = new byte[1 << 16];
    while (all.indexOf(text, Math.max(0, all.length() - 2 * buffer.length)) < 0) {
      int read = sockets.get(socket).read(buffer);
      assertThat(read).as("not the end of the stream").isPositive();
      all.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
    }
    return all.toString();
  }
}
