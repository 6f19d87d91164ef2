package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.HandshakeException;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.access.BanList;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.engine.MemoryEngine;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.MainProcess;
import io.fluxwire.observe.Direction;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.Incarnation;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The demo's page, in Chromium. */
@Tag("processes")
@Timeout(240)
class BrowserTest {

  private static final Path PICTURES = Path.of("target", "page");

  private MainProcess demo;
  private ChromeDriver browser;

  @BeforeEach
  void start() throws Exception {
    File chromium = onThePath("chromium", "chromium-browser", "google-chrome");
    File driver = onThePath("chromedriver");
    assumeTrue(
        chromium != null && driver != null,
        "no chromium and chromedriver on the PATH (Debian: apt-get install chromium"
            + " chromium-driver)");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium);
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--window-size=1200,1000");
    options.setCapability("goog:loggingPrefs", logs);
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder().usingDriverExecutable(driver).build(), options);
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (browser != null) {
      browser.quit();
    }
    if (demo != null) {
      demo.kill();
    }
  }

  private static File onThePath(String... names) {
    return Stream.of(names)
        .flatMap(
            name ->
                Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                    .map(folder -> new File(folder, name)))
        .filter(File::canExecute)
        .findFirst()
        .orElse(null);
  }

  private WebElement at(String selector) {
    return browser.findElement(By.cssSelector(selector));
  }

  private String text(String selector) {
    // In one step: a row may be replaced between finding and reading it.
    Object text =
        browser.executeScript(
            "return document.querySelector(arguments[0])?.textContent ?? ''", selector);
    return String.valueOf(text);
  }

  private long count(String selector) {
    return (Long)
        browser.executeScript("return document.querySelectorAll(arguments[0]).length", selector);
  }

  private void await(BooleanSupplier condition, String what) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime())
          .as("%s; the page says: %s", what, text("main"))
          .isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private String state() {
    return String.valueOf(
        browser.executeScript("return document.getElementById('link').dataset.state"));
  }

  private Object drawn(String chart) {
    return browser.executeScript(
        "return document.querySelector(arguments[0] + ' canvas')?.toDataURL()", chart);
  }

  @Test
  void showsBothPeersALinkThatIsDroppedAndStalledAndItsRecovery() throws Exception {
    demo = new MainProcess("demo", "--http", "0");
    browser.get(demo.line("page  http").split(" +", -1)[1]);
    await(() -> count("#peers tbody tr") == 2 && state().equals("up"), "both peers are up");
    assertThat(text("#peers tbody")).contains("alice").contains("bob");
    assertThat(text("#state")).isEqualTo("2 peers connected");
    assertThat(text("#facts")).contains("Node id of alice").contains("JDK").contains("127.0.0.1:");
    assertThat(at("#stream").isDisplayed()).as("the stream is well").isFalse();

    for (String chart : List.of("#chart-throughput", "#chart-packets", "#chart-roundtrip")) {
      await(() -> drawn(chart) != null, chart + " is drawn");
      Object before = drawn(chart);
      await(() -> !before.equals(drawn(chart)), chart + " moves");
    }
    await(() -> text("#stat-in").endsWith("MB/s"), "the rate is shown");
    await(() -> text("#stat-rtt-name").matches("Round trip, p50 of \\d+"), "and of how many");

    // By the keyboard.
    at("#drop").sendKeys(Keys.ENTER);
    await(() -> text("#reasons").contains("CONNECTION_LOST"), "the reason is shown");
    await(() -> state().equals("up"), "it has connected again");
    await(
        () -> count("#peers tbody tr") == 2 && text("#peers tbody").contains("was lost"),
        "both peers are up again, with their last errors");

    at("#stall").click();
    await(() -> state().equals("stalled"), "the link is stalled");
    await(
        () ->
            text("#reasons").contains("IDLE_TIMEOUT") || text("#reasons").contains("WRITE_STALLED"),
        "both ends give it up");
    await(() -> text("#state").startsWith("dialing: nobody reached for"), "the node's state");
    at("#heal").click();
    await(() -> state().equals("up") && count("#peers tbody tr") == 2, "it has connected again");
    at("#races-card summary").click();
    await(() -> count("#dials > li") >= 2, "the dial races are shown");
    at("#races-card summary").click();

    await(
        () -> text("#peers td[data-label='Round trip']").endsWith("ms"),
        "how long the peers take to answer is shown");
    assertThat(text("#peers .where"))
        .matches("127.0.0.1:\\d+ · (AES-\\d+-GCM|ChaCha20-Poly1305), post-quantum");
    assertThat(text("#targets")).contains("connected");

    pictures("");
    assertNoConsoleMessages();
  }

  @Test
  void aNodeThatIsDialledShowsItsHandshakesAndChannels() throws Exception {
    NodeMonitor monitor = new NodeMonitor();
    DisposablePeerServer server =
        monitor
            .watch(
                PeerServer.create()
                    .host("127.0.0.1")
                    .channels(
                        monitor.watch(ChannelSpec.of(MemoryChannelStore.create())),
                        channel ->
                            channel.send(Flux.just(Hello.packet()).repeat(2)).then(Mono.never())))
            .bindNow();
    DisposableNodePage page =
        NodePage.of(monitor).name("listen").id(server.id()).bindNow("127.0.0.1", 0);
    try {
      browser.get(page.url());
      await(() -> text("#state").equals("listening, nobody here yet"), "what the node does");
      await(() -> text("#stat-peers").equals("0"), "how many there are");
      assertThat(text("#stat-rtt")).isEqualTo("no data yet");
      assertThat(text("#facts")).contains(server.id().toString());
      assertThat(text("#limits")).contains("Slots0 of 128");
      at("#more-charts summary").click();
      await(() -> at("#chart-handshake .no-data").isDisplayed(), "before any handshake");

      PeerClient.create()
          .remote("127.0.0.1", server.port())
          .connect()
          .block(Duration.ofSeconds(30));
      await(() -> drawn("#chart-handshake") != null, "the handshakes are drawn");
      await(
          () -> text("#chart-handshake .legend").matches("p50[0-9].* m?sp99[0-9].* m?s"), "values");
      assertThat(at("#channels-card").isDisplayed()).as("without channels").isFalse();
      PeerChannel<Pkt> channel =
          PeerClient.create()
              .remote("127.0.0.1", server.port())
              .expect(server.id())
              .channel("or<b>ders", ChannelSpec.of(MemoryChannelStore.create()))
              .block(Duration.ofSeconds(30));
      await(
          () ->
              text("#channels td.state").startsWith("attached")
                  && text("#channels td[data-label='Unacknowledged']").startsWith("3, "),
          "the channel is shown, with what its peer does not take");
      assertThat(text("#channels tbody .channel")).isEqualTo("or<b>ders");
      assertThat(text("#channels td[data-label='Oldest']")).endsWith("s");
      assertThat(text("#channels td[data-label='Stored']")).isEqualTo("3");
      assertThat(text("#channels td[data-label='Connections']")).isEqualTo("1");
      await(() -> text("#peers .arrow").equals("←came in: "), "who dialed");
      await(() -> text("#limits").contains("Slots2 of 128"), "slots are used");

      channel.close().block(Duration.ofSeconds(30));
      await(() -> text("#channels td.state").startsWith("detached"), "it has no connection");
      pictures("listen-");
      assertNoConsoleMessages();
    } finally {
      page.dispose();
      server.disposeNow(Duration.ofSeconds(30));
    }
  }

  /** A node with a thousand peers and channels, one of them called as no peer should be. */
  private static NodeMonitor crowded() {
    NodeMonitor monitor = new NodeMonitor();
    NodeId hostile = NodeKey.generate().id();
    monitor.name(hostile, "<img src=x>");
    Session.open(monitor, hostile, 10);
    for (int i = 1; i < 1000; i++) {
      Session.open(monitor, NodeKey.generate().id(), 0);
    }
    ChannelObserver channels = monitor.channelObserver();
    Incarnation own = Incarnation.random(new SecureRandom());
    ChannelState busy =
        new ChannelState(own, Incarnation.NONE, 0, 4_357_684, 4_359_690, 1_050_000, 4_536_441, 0);
    for (int i = 0; i < 1000; i++) {
      ChannelKey key = new ChannelKey(hostile, NodeKey.generate().id(), "channel " + i);
      channels.onOpened(key, true, busy);
      channels.onConnected(key, 0);
      channels.onResent(key, 22_534);
    }
    for (int i = 0; i < 3000; i++) {
      monitor.refused(
          new InetSocketAddress("192.0.2.7", 1024 + i),
          new HandshakeException(Reason.TOO_MANY_CONNECTIONS, "there are 1,000 connections"));
    }
    return monitor;
  }

  @Test
  void showsSomeOfAThousandPeersAndChannelsAndTakesTextAsText() throws Exception {
    NodeMonitor monitor = crowded();
    DisposableNodePage page = NodePage.of(monitor).bindNow("127.0.0.1", 0);
    try {
      browser.get(page.url());
      await(() -> count("#peers tbody tr") == 25, "some are shown");
      assertThat(text("#peers .pager")).startsWith("1 to 25 of 1,000");
      assertThat(text("#stat-peers")).isEqualTo("1,000");
      await(() -> count("#channels tbody tr") == 25, "some channels are shown");
      assertThat(text("#peers tbody")).contains("<img src=x>");
      assertThat(count("#peers img")).isZero();
      assertThat(at("#link").isDisplayed()).as("there is nothing to break").isFalse();
      assertThat(text("#reasons")).contains("TOO_MANY_CONNECTIONS").contains("3,000");
      assertThat(count("#reasons tbody")).as("one for all refusals").isEqualTo(1);

      at("#peers [aria-label='The rows behind']").sendKeys(Keys.ENTER);
      await(() -> text("#peers .pager").startsWith("26 to 50 of 1,000"), "the next page");
      at("#peers th[data-sort=upFor] button").sendKeys(Keys.SPACE);
      await(() -> text("#peers tbody tr").contains("<img src=x>"), "the oldest comes first");
      assertThat(at("#peers th[data-sort=upFor]").getDomAttribute("aria-sort"))
          .isEqualTo("descending");
      at("#peers .filter").sendKeys("img src");
      await(() -> count("#peers tbody tr") == 1, "only one is called so");
      assertThat(text("#peers .pager")).startsWith("1 of 1,000");
      at("#peers .filter").sendKeys(" no such");
      await(() -> text("#peers .empty").equals("None of 1,000 match."), "nobody is called so");

      Session.open(monitor, NodeKey.generate().id(), 20);
      await(() -> text("#stat-peers").equals("1,001"), "it goes on");
      assertNoConsoleMessages();
    } finally {
      page.dispose();
    }
  }

  @Test
  void aThousandPeersCostTheStreamNoMoreThanOne() throws Exception {
    DisposableNodePage page = NodePage.of(crowded()).bindNow("127.0.0.1", 0);
    try {
      HttpResponse<InputStream> events =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(page.url() + "events")).build(),
                  BodyHandlers.ofInputStream());
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
        int longest = 0;
        for (int frame = 0; frame < 8; frame++) {
          longest = Math.max(longest, lines.readLine().length());
          assertThat(lines.readLine()).isEmpty();
        }
        System.out.printf("page: %,d bytes a second for 1,000 peers and channels%n", longest);
        assertThat(longest).isLessThan(4000);
      }
    } finally {
      page.dispose();
    }
  }

  @Test
  void whatWasBeforeThePageWasOpenedIsDrawn() throws Exception {
    NodeMonitor monitor = new NodeMonitor();
    DisposableNodePage page = NodePage.of(monitor).bindNow("127.0.0.1", 0);
    try {
      Session.open(monitor, NodeKey.generate().id(), 123_000);
      await(
          () -> monitor.history().samples().stream().anyMatch(second -> second.bytesIn() > 0),
          "it is in the history");
      browser.get(page.url());
      await(() -> drawn("#chart-throughput") != null, "the chart is drawn");
      await(
          () ->
              (Boolean)
                  browser.executeScript(
                      "return fetch('history').then((a) => a.json())"
                          + ".then((h) => h.samples.length > 2)"),
          "it goes on");
      assertThat(text("#state")).isEqualTo("1 peer connected");
      at("#range [data-minutes='15']").sendKeys(Keys.ENTER);
      assertThat(at("#range [data-minutes='15']").getDomAttribute("aria-pressed"))
          .isEqualTo("true");
      assertThat(at("#range [data-minutes='1']").getDomAttribute("aria-pressed"))
          .isEqualTo("false");
      assertNoConsoleMessages();
    } finally {
      page.dispose();
    }
  }

  @Test
  void aStreamThatIsLostIsSaidApartFromTheNodesState() throws Exception {
    DisposableNodePage page = NodePage.of(new NodeMonitor()).bindNow("127.0.0.1", 0);
    try {
      browser.get(page.url());
      await(() -> text("#state").equals("neither listening nor dialing"), "what the node does");
      assertThat(at("#stream").isDisplayed()).isFalse();
      page.dispose();
      await(() -> at("#stream").isDisplayed(), "the stream is lost");
      assertThat(text("#stream")).startsWith("No answer from the node. What is shown is of ");
      assertThat(text("#state")).isEqualTo("neither listening nor dialing");
    } finally {
      page.dispose();
    }
  }

  @Test
  void aReasonIsExplainedInPlaceByTheKeyboardAlone() throws Exception {
    DisposableNodePage page = NodePage.of(crowded()).bindNow("127.0.0.1", 0);
    try {
      browser.get(page.url());
      await(() -> count("#reasons tbody") == 1, "the reason is shown");
      WebElement reason = at("#reasons .explain");
      assertThat(reason.getDomAttribute("aria-expanded")).isEqualTo("false");
      reason.sendKeys(Keys.ENTER);
      await(
          () -> text("#reasons .told").contains(Reason.TOO_MANY_CONNECTIONS.advice()),
          "what to do");
      assertThat(text("#reasons .told")).contains(Reason.TOO_MANY_CONNECTIONS.description());
      assertThat(reason.getDomAttribute("aria-expanded")).isEqualTo("true");
      assertThat(at("#reasons .told").isDisplayed()).isTrue();
      reason.sendKeys(Keys.SPACE);
      assertThat(at("#reasons .told").isDisplayed()).isFalse();

      // From the list of single endings to where the reason is explained.
      at("#endings-card summary").sendKeys(Keys.ENTER);
      await(() -> count("#endings tbody a.badge") == 10, "the latest, one by one");
      at("#endings tbody a.badge").sendKeys(Keys.ENTER);
      await(() -> at("#reasons .told").isDisplayed(), "the explanation");
      assertThat(browser.switchTo().activeElement()).isEqualTo(reason);
      assertNoConsoleMessages();
    } finally {
      page.dispose();
    }
  }

  /** At each of them, some of the style sheet's rules begin or end. */
  private static final List<Integer> WIDTHS = List.of(360, 700, 768, 960, 1280);

  @Test
  void everybodyCanUseThePageAtEachWidthInBothThemes() throws Exception {
    NodeMonitor monitor = crowded();
    DisposablePeerServer server = monitor.watch(PeerServer.create().host("127.0.0.1")).bindNow();
    PeerClient<Pkt> lost = monitor.watch(PeerClient.create().remote("127.0.0.1", 1));
    monitor.bans(BanList.create());
    DisposableNodePage page = NodePage.of(monitor).id(server.id()).bindNow("127.0.0.1", 0);
    Disposable dialing = Disposables.disposed();
    try {
      dialing = lost.connections().subscribe(peer -> {}, failure -> {});
      for (int width : WIDTHS) {
        for (String theme : List.of("light", "dark")) {
          view(theme, width, 900);
          browser.get(page.url());
          await(() -> count("#peers tbody tr") > 0, "the peers are shown");
          String where = width + " " + theme;
          picture("crowd-" + width + "-" + theme);
          assertFits(where, width);
          if (width == 360) {
            assertThat(height()).as(where).isLessThan(3000);
          }
          openAll();
          await(() -> count("#endings tbody tr") > 0, "the endings are shown");
          await(() -> drawn("#chart-connections") != null, "all charts are drawn");
          assertFits(where + ", all open", width);
          assertThat(axe()).as(where).isEmpty();
        }
      }
      assertNoConsoleMessages();
    } finally {
      dialing.dispose();
      page.dispose();
      server.disposeNow(Duration.ofSeconds(30));
    }
  }

  /** Instances that have peers, without connections. */
  private static void others(MemoryEngine engine, int count) {
    for (int i = 0; i < count; i++) {
      InstanceId id = InstanceId.random("gateway-with-a-long-name-in-some-pod-" + i);
      EngineLink link = engine.join(id, new Deaf()).block(Duration.ofSeconds(30));
      for (int peer = 0; peer < i; peer++) {
        link.hold(NodeKey.generate().id(), peer).block(Duration.ofSeconds(30));
      }
    }
  }

  @Test
  void aFleetIsShownWithItsInstancesAtEachWidthInBothThemes() throws Exception {
    NodeMonitor monitor = new NodeMonitor();
    MemoryEngine engine = MemoryEngine.create();
    AtomicReference<EngineListener> told = new AtomicReference<>();
    FleetGroup<Pkt> fleet =
        FleetGroup.of(
            PeerGroup.of(NodeKey.generate().id()),
            PacketCodec.pkt(),
            (self, listener) -> {
              told.set(listener);
              return engine.join(self, listener);
            },
            FleetSpec.of("self"));
    DisposableNodePage page = NodePage.of(monitor).bindNow("127.0.0.1", 0);
    try {
      browser.get(page.url());
      await(() -> text("#stat-peers").equals("0"), "a node without a fleet");
      assertThat(at("#fleet-card").isDisplayed()).isFalse();
      assertThat(at("#fleet-json").isDisplayed()).isFalse();

      monitor.fleet(WatchedFleet.of(fleet));
      await(() -> text("#fleet-count").startsWith("not a member for"), "before it has joined");
      fleet.join().block(Duration.ofSeconds(30));
      others(engine, 15);
      await(() -> text("#fleet-count").matches("a member for .*; 16 members"), "a member");
      await(() -> count("#instances tbody tr") == 11, "the largest, and the rest in one row");
      await(
          () -> text("#instances tbody tr:nth-child(2)").endsWith("1413 %"),
          "the largest has 14 of 105 peers");
      assertThat(text("#instances tbody tr:first-child")).isEqualTo(fleet.self() + "this one00 %");
      assertThat(text("#instances tbody tr:last-child")).isEqualTo("6 more1514 %");
      assertThat(text("#fleet-counted")).matches("Counted .* ago\\.");
      for (int width : WIDTHS) {
        for (String theme : List.of("light", "dark")) {
          view(theme, width, 900);
          browser.get(page.url());
          openAll();
          await(() -> count("#instances tbody tr") == 11, "the instances");
          String where = width + " " + theme;
          picture("fleet-" + width + "-" + theme);
          assertFits(where, width);
          assertThat(axe()).as(where).isEmpty();
        }
      }

      told.get().lost();
      await(() -> text("#fleet-count").startsWith("away: the engine is lost for"), "away");
      assertThat(text("#fleet .badge")).startsWith("away");
      assertNoConsoleMessages();
    } finally {
      page.dispose();
      fleet.dispose();
    }
  }

  private void openAll() {
    browser.executeScript(
        "document.querySelectorAll('details').forEach((d) => { d.open = true;"
            + " });document.querySelectorAll('.explain[aria-expanded=false]').forEach((b) =>"
            + " b.click())");
  }

  private void assertFits(String where, int width) {
    assertThat((Long) browser.executeScript("return document.documentElement.scrollWidth"))
        .as("%s: nothing is wider than the window", where)
        .isLessThanOrEqualTo(width);
    assertThat(
            (List<?>)
                browser.executeScript(
                    "return [...document.querySelectorAll('.card')]"
                        + ".filter((card) => card.scrollWidth > card.clientWidth)"
                        + ".map((card) => card.id)"))
        .as("%s: nothing is wider than its card", where)
        .isEmpty();
  }

  private long height() {
    return (Long) browser.executeScript("return document.documentElement.scrollHeight");
  }

  /** What axe-core finds in the page and in the tree that a screen reader gets of it. */
  private List<?> axe() throws IOException {
    try (InputStream script = BrowserTest.class.getResourceAsStream("/axe.min.js")) {
      browser.executeScript(new String(script.readAllBytes(), StandardCharsets.UTF_8));
    }
    return (List<?>)
        browser.executeAsyncScript(
            "const done = arguments[arguments.length - 1];axe.run().then((found) =>"
                + " done(found.violations.map((one) => one.id + ': ' + one.nodes.slice(0,"
                + " 3).map((n) => n.html + ' ' + n.failureSummary).join(' | '))))");
  }

  private static final class Deaf implements EngineListener {

    @Override
    public void members(Set<InstanceId> members) {}

    @Override
    public void held(Holding holding) {}

    @Override
    public void released(Holding holding) {}

    @Override
    public void rule(AccessRule rule) {}

    @Override
    public void message(InstanceId from, byte[] message) {}

    @Override
    public void missed() {}

    @Override
    public Collection<Holding> own() {
      return List.of();
    }

    @Override
    public Collection<AccessRule> ownRules() {
      return List.of();
    }
  }

  /** A peer that has dialled the node, and sent so many bytes. */
  private record Session(NodeId remoteId) implements SessionInfo {

    static void open(NodeMonitor monitor, NodeId id, int bytes) {
      Session session = new Session(id);
      TrafficListener traffic = monitor.sessions().traffic(session);
      monitor.sessions().onEstablished(session);
      traffic.onPacketReceived(bytes);
    }

    @Override
    public String id() {
      return "test";
    }

    @Override
    public Direction direction() {
      return Direction.INBOUND;
    }

    @Override
    public SocketAddress remoteAddress() {
      return new InetSocketAddress("192.0.2.1", 9735);
    }

    @Override
    public SessionParameters session() {
      return SessionParameters.V3;
    }
  }

  private void assertNoConsoleMessages() {
    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
        .extracting(LogEntry::toString)
        .isEmpty();
  }

  private void pictures(String prefix) throws Exception {
    // Something to look at.
    int samples = Integer.getInteger("fluxwire.picture.seconds", 3);
    TimeUnit.SECONDS.sleep(samples);
    for (String theme : List.of("light", "dark")) {
      view(theme, 1280, 900);
      TimeUnit.SECONDS.sleep(2);
      picture(prefix + theme);
    }
    view("light", 360, 800);
    browser.navigate().refresh();
    await(() -> count("#peers tbody tr") > 0, "the peers are shown");
    TimeUnit.SECONDS.sleep(2);
    picture(prefix + "phone");
    assertFits(prefix + "phone", 360);
  }

  private void view(String theme, int width, int height) {
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  private void picture(String name) throws Exception {
    Files.createDirectories(PICTURES);
    Map<String, Object> picture =
        browser.executeCdpCommand(
            "Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    write(PICTURES.resolve(name + ".png"), String.valueOf(picture.get("data")));
  }

  private static void write(Path file, String base64) throws IOException {
    Files.write(file, Base64.getDecoder().decode(base64));
  }
}
