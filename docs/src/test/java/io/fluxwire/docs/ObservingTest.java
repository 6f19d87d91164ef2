package io.fluxwire.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fluxwire.PeerConnection;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.ConnectionHealthMonitor;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.observe.FluxwireMeters;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Sinks;

/** Holds the page, the dashboard and the alerts against the meters that there are. */
class ObservingTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Path DASHBOARD = Path.of("monitoring/dashboard.json");
  private static final Path ALERTS = Path.of("monitoring/alerts.yml");
  private static final String ALERTS_TEST = "monitoring/alerts-test.yml";
  private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");
  private static final Pattern ALERT_TEST =
      Pattern.compile("alertname: (\\w+)(\\s+exp_alerts:\\s+- exp_labels)?");
  private static final Pattern SELECTOR = Pattern.compile("\\b(fluxwire_[a-z_]+)(?:\\{([^}]*)})?");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)(=~|!~|!=|=)\"([^\"]*)\"");
  private static final Pattern GROUPING = Pattern.compile("\\bby\\s*\\(([^)]*)\\)");
  private static final Pattern EXPRESSION = Pattern.compile("(?m)^ +expr: (.+)$");

  @Test
  void theSamplesMeetAndAreSeen() {
    PrometheusMeterRegistry meters = Observing.prometheus();
    ObservationRegistry traces = ObservationRegistry.create();
    NodeKey key = NodeKey.generate();
    DisposablePeerServer server = Observing.server(key, meters, traces).host("127.0.0.1").bindNow();
    ConnectionHealthMonitor monitor = new ConnectionHealthMonitor();
    assertThat(Observing.say(monitor)).startsWith("down since ");
    PeerConnection<Pkt> peer =
        Observing.watched(Observing.client(NodeKey.generate(), meters, traces), monitor)
            .remote("127.0.0.1", server.port())
            .connect()
            .block(LIMIT);
    assertThat(Observing.say(monitor)).startsWith("up since ").doesNotContain("error");
    peer.close().block(LIMIT);
    server.disposeNow(LIMIT);

    assertThat(meters.scrape())
        .containsPattern("fluxwire_connections_opened_total\\{.*direction=\"inbound\".*} 1.0")
        .containsPattern("fluxwire_connections_opened_total\\{.*direction=\"outbound\".*} 1.0")
        .containsPattern("fluxwire_connections_active\\{.*direction=\"outbound\".*} 0.0");
  }

  @Test
  void theSamplesListenerIsToldWhoCameAndLeft() throws InterruptedException {
    BlockingQueue<String> journal = new LinkedTransferQueue<>();
    DisposablePeerServer server =
        Observing.observed(PeerServer.create(), journal::add).host("127.0.0.1").bindNow();
    NodeKey key = NodeKey.generate();
    PeerConnection<?> peer =
        PeerClient.create().nodeKey(key).remote("127.0.0.1", server.port()).connect().block(LIMIT);
    peer.close().block(LIMIT);
    server.disposeNow(LIMIT);

    assertThat(journal.poll(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .startsWith(key.id() + " came from /127.0.0.1:");
    assertThat(journal.poll(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .isEqualTo(key.id() + " left: CLOSED_BY_PEER");
  }

  @Test
  void theSamplesObserverIsToldOfAChannel() {
    List<String> journal = new CopyOnWriteArrayList<>();
    NodeKey key = NodeKey.generate();
    DisposablePeerServer server =
        PeerServer.create()
            .nodeKey(key)
            .host("127.0.0.1")
            .channels(ChannelSpec.of(MemoryChannelStore.create()), PeerChannel::onClose)
            .bindNow();
    Sinks.Empty<Void> connected = Sinks.empty();
    PeerChannel<Pkt> channel =
        PeerClient.create()
            .remote("127.0.0.1", server.port())
            .expect(key.id())
            .channel(
                "orders",
                Observing.watched(
                    ChannelSpec.of(MemoryChannelStore.create()),
                    line -> {
                      journal.add(line);
                      connected.tryEmitEmpty();
                    }))
            .block(LIMIT);
    connected.asMono().block(LIMIT);
    channel.close().block(LIMIT);
    server.disposeNow(LIMIT);

    assertThat(journal).containsExactly("orders goes on with 0 packets", "orders ended: closed");
  }

  @Test
  void theTableOfMetersIsWhatTheEnumSays() throws IOException {
    String page = Files.readString(MeterTable.PAGE);
    assertThat(page)
        .as("run MeterTable's main in the folder of the manual")
        .isEqualTo(MeterTable.insertedInto(page));
  }

  @Test
  void everyMetricAndTagOfTheDashboardExists() throws IOException {
    List<String> expressions = new ArrayList<>();
    JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
    dashboard.findValues("expr").forEach(expr -> expressions.add(expr.asText()));
    assertThat(expressions).hasSizeGreaterThan(10);
    expressions.forEach(ObservingTest::assertIsAboutMetricsThatExist);
  }

  @Test
  void everyMeterIsOnTheDashboard() throws IOException {
    String dashboard = Files.readString(DASHBOARD);
    Set<String> missing = new TreeSet<>();
    exposed()
        .forEach(
            (meter, samples) -> {
              if (samples.stream().noneMatch(sample -> dashboard.contains(sample))) {
                missing.add(meter.getName());
              }
            });
    assertThat(missing).isEmpty();
  }

  @Test
  void everyMetricAndTagOfTheAlertsExists() throws IOException {
    List<MatchResult> expressions = EXPRESSION.matcher(Files.readString(ALERTS)).results().toList();
    assertThat(expressions).hasSizeGreaterThan(4);
    expressions.forEach(expr -> assertIsAboutMetricsThatExist(expr.group(1)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "check rules monitoring/alerts.yml",
        "test rules " + ALERTS_TEST,
        "check config monitoring/prometheus.yml"
      })
  void promtoolAcceptsWhatIsForPrometheus(String arguments) throws Exception {
    assumeThat(
            Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "promtool"))))
        .as("promtool is installed (Debian's package prometheus)")
        .isTrue();
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments.split(" ", -1)));
    Process promtool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(promtool.getInputStream().readAllBytes(), UTF_8);
    assertThat(promtool.waitFor()).as(said).isZero();
  }

  @Test
  void eachAlertIsTestedToFireAndToKeepQuiet() throws IOException {
    Set<String> all =
        ALERT
            .matcher(Files.readString(ALERTS))
            .results()
            .map(alert -> alert.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(all).hasSizeGreaterThan(4);
    Set<String> fire = new TreeSet<>();
    Set<String> quiet = new TreeSet<>();
    ALERT_TEST
        .matcher(Files.readString(Path.of(ALERTS_TEST)))
        .results()
        .forEach(test -> (test.group(2) == null ? quiet : fire).add(test.group(1)));
    assertThat(fire).isEqualTo(all);
    assertThat(quiet).isEqualTo(all);
  }

  private static void assertIsAboutMetricsThatExist(String expression) {
    Map<String, FluxwireMeters> samples = new TreeMap<>();
    exposed().forEach((meter, names) -> names.forEach(name -> samples.put(name, meter)));
    Matcher selectors = SELECTOR.matcher(expression);
    List<FluxwireMeters> meters = new ArrayList<>();
    while (selectors.find()) {
      assertThat(samples).as(expression).containsKey(selectors.group(1));
      FluxwireMeters meter = samples.get(selectors.group(1));
      meters.add(meter);
      String matchers = selectors.group(2);
      if (matchers != null) {
        MATCHER.matcher(matchers).results().forEach(match -> assertAllows(meter, match));
      }
    }
    assertThat(meters).as(expression).isNotEmpty();
    Set<String> keys =
        meters.stream()
            .flatMap(meter -> Stream.of(meter.getKeyNames()))
            .map(ObservingTest::label)
            .collect(Collectors.toCollection(TreeSet::new));
    keys.addAll(Set.of("le", "instance", "job"));
    GROUPING
        .matcher(expression)
        .results()
        .flatMap(by -> Stream.of(by.group(1).split(",", -1)))
        .forEach(key -> assertThat(keys).as(expression).contains(key.strip()));
  }

  /** What Prometheus calls a tag. */
  private static String label(FluxwireMeters.Tag tag) {
    return tag.asString().replace('.', '_');
  }

  private static void assertAllows(FluxwireMeters meter, MatchResult match) {
    if (match.group(1).equals("job") || match.group(1).equals("instance")) {
      return;
    }
    FluxwireMeters.Tag tag =
        Stream.of(meter.getKeyNames())
            .filter(key -> label(key).equals(match.group(1)))
            .findFirst()
            .orElseThrow(() -> new AssertionError(meter.getName() + " has no " + match.group(1)));
    for (String value : match.group(3).split("\\|", -1)) {
      assertThat(tag.allowed()).as(meter.getName()).contains(value);
    }
  }

  /** What Prometheus sees of each meter. */
  private static Map<FluxwireMeters, Set<String>> exposed() {
    Map<FluxwireMeters, Set<String>> samples = new TreeMap<>();
    for (FluxwireMeters meter : FluxwireMeters.values()) {
      PrometheusMeterRegistry registry = Observing.prometheus();
      register(meter, registry);
      samples.put(
          meter,
          registry
              .scrape()
              .lines()
              .filter(line -> !line.startsWith("#"))
              .map(line -> line.split("[{ ]", -1)[0])
              .collect(Collectors.toCollection(TreeSet::new)));
    }
    return samples;
  }

  private static void register(FluxwireMeters meter, MeterRegistry registry) {
    Tags tags =
        Tags.of(
            Stream.of(meter.getKeyNames())
                .map(tag -> io.micrometer.core.instrument.Tag.of(tag.asString(), "any"))
                .toList());
    String unit = meter.getBaseUnit();
    switch (meter.getType()) {
      case COUNTER -> Counter.builder(meter.getName()).baseUnit(unit).tags(tags).register(registry);
      case GAUGE ->
          Gauge.builder(meter.getName(), () -> 1).baseUnit(unit).tags(tags).register(registry);
      case TIMER ->
          Timer.builder(meter.getName())
              .tags(tags)
              .serviceLevelObjectives(Duration.ofMillis(1))
              .register(registry)
              .record(Duration.ofMillis(1));
      case DISTRIBUTION_SUMMARY ->
          DistributionSummary.builder(meter.getName())
              .baseUnit(unit)
              .tags(tags)
              .serviceLevelObjectives(1)
              .register(registry)
              .record(1);
      default -> throw new AssertionError(meter + " is of a type that the test does not know");
    }
  }
}
