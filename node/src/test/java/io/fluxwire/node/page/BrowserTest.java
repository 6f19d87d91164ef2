package io.fluxwire.node.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.MainProcess;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.Incarnation;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
        "no chromium and chromedriver on the PATH (Debian: apt-get install chromium chromium-driver)");
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
    assertThat(text("#stream")).isEqualTo("live");

    for (String chart : List.of("#chart-throughput", "#chart-packets", "#chart-roundtrip")) {
      await(() -> drawn(chart) != null, chart + " is drawn");
      Object before = drawn(chart);
      await(() -> !before.equals(drawn(chart)), chart + " moves");
    }
    await(() -> text("#stat-in").endsWith("MB/s"), "the rate is shown");

    // By the keyboard.
    at("#drop").sendKeys(Keys.ENTER);
    await(() -> text("#recent tbody").contains("CONNECTION_LOST"), "the reason is shown");
    await(() -> state().equals("up") && text("#stat-again").equals("1"), "it has connected again");
    await(
        () -> count("#peers tbody tr") == 2 && text("#peers tbody").contains("was lost"),
        "both peers are up again, with their last errors");

    at("#stall").click();
    await(() -> state().equals("stalled"), "the link is stalled");
    await(
        () ->
            text("#recent tbody").contains("IDLE_TIMEOUT")
                || text("#recent tbody").contains("WRITE_STALLED"),
        "both ends give it up");
    at("#heal").click();
    await(() -> state().equals("up") && count("#peers tbody tr") == 2, "it has connected again");
    await(() -> count("#dials > li") >= 2, "the dial races are shown");

    await(
        () ->
            count("#peers td[data-label='Round trip']:not(:empty)") == 2
                && text("#peers td[data-label='Round trip']").endsWith("ms"),
        "how long the peers take to answer is shown");
    assertThat(text("#peers td[data-label='Session']"))
        .matches("(AES-\\d+-GCM|ChaCha20-Poly1305), post-quantum");

    pictures("");
    assertNoConsoleMessages();
  }

  @Test
  void aNodeThatIsDialledShowsItsHandshakesAndChannels() throws Exception {
    Monitor monitor = new Monitor();
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
    NodePage page =
        NodePage.startNow(
            monitor,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            new NodePage.Content("listen", server.id(), null),
            "127.0.0.1",
            0);
    try {
      browser.get(page.url());
      await(() -> text("#stream").equals("live"), "the page is live");
      assertThat(at("#chart-handshake").isDisplayed()).as("before any handshake").isFalse();

      PeerClient.create()
          .remote("127.0.0.1", server.port())
          .connect()
          .block(Duration.ofSeconds(30));
      await(() -> drawn("#chart-handshake") != null, "the handshakes are drawn");
      await(() -> text("#chart-handshake .legend").matches("p50[0-9].* msp99[0-9].* ms"), "values");
      assertThat(at("#channels-card").isDisplayed()).as("without channels").isFalse();
      PeerChannel<Pkt> channel =
          PeerClient.create()
              .remote("127.0.0.1", server.port())
              .expect(server.id())
              .channel("or<b>ders", ChannelSpec.of(MemoryChannelStore.create()))
              .block(Duration.ofSeconds(30));
      await(
          () ->
              text("#channels .state").startsWith("attached")
                  && text("#channels td[data-label='Unacknowledged']").startsWith("3, "),
          "the channel is shown, with what its peer does not take");
      assertThat(text("#channels th.channel")).isEqualTo("or<b>ders");
      assertThat(text("#channels td[data-label='Oldest']")).endsWith("s");
      assertThat(text("#channels td[data-label='Stored']")).isEqualTo("3");
      assertThat(text("#channels td[data-label='Connections']")).isEqualTo("1");
      assertThat(text("#peers td[data-label='Direction']")).isEqualTo("← came in");
      pictures("listen-");

      channel.close().block(Duration.ofSeconds(30));
      await(() -> text("#channels .state").startsWith("detached"), "it has no connection");
      assertNoConsoleMessages();
    } finally {
      page.dispose();
      server.disposeNow(Duration.ofSeconds(30));
    }
  }

  @Test
  void showsSomeOfAThousandPeersAndChannelsAndTakesTextAsText() throws Exception {
    Monitor monitor = new Monitor();
    NodeId hostile = NodeKey.generate().id();
    monitor.name(hostile, "<img src=x>");
    watch(monitor, hostile, "carries most");
    for (int i = 1; i < 1000; i++) {
      watch(monitor, NodeKey.generate().id());
    }
    ChannelObserver channels = monitor.channelObserver();
    ChannelState fresh = ChannelState.fresh(Incarnation.random(new SecureRandom()));
    for (int i = 0; i < 1000; i++) {
      ChannelKey key = new ChannelKey(hostile, NodeKey.generate().id(), "channel " + i);
      channels.onOpened(key, true, fresh);
    }
    NodePage page =
        NodePage.startNow(
            monitor,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            new NodePage.Content("listen", hostile, null),
            "127.0.0.1",
            0);
    try {
      browser.get(page.url());
      await(() -> count("#peers tbody tr") == Monitor.SHOWN, "some are shown");
      assertThat(text("#peers-more")).startsWith("200 of 1,000");
      assertThat(text("#stat-peers")).isEqualTo("1,000");
      assertThat(count("#channels tbody tr")).isEqualTo(Monitor.SHOWN);
      assertThat(text("#channels-more")).startsWith("200 of 1,000");
      assertThat(text("#peers tbody")).contains("<img src=x>");
      assertThat(count("#peers img")).isZero();
      assertThat(at("#link").isDisplayed()).as("there is nothing to break").isFalse();

      watch(monitor, NodeKey.generate().id(), "carries more than all others");
      await(() -> text("#stat-peers").equals("1,001"), "it goes on");
      assertThat(count("#peers tbody tr")).isEqualTo(Monitor.SHOWN);
      assertNoConsoleMessages();
    } finally {
      page.dispose();
    }
  }

  private static void watch(Monitor monitor, NodeId id, String... packets) {
    monitor
        .watch(new FakePeer(id, packets), Monitor.Direction.INBOUND, String::length)
        .receive()
        .blockLast();
  }

  private void assertNoConsoleMessages() {
    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
        .extracting(LogEntry::toString)
        .isEmpty();
  }

  private void pictures(String prefix) throws Exception {
    Files.createDirectories(PICTURES);
    // Something to look at.
    int samples = Integer.getInteger("fluxwire.picture.seconds", 3);
    TimeUnit.SECONDS.sleep(samples);
    picture(prefix + "light", 1200, 1000);
    picture(prefix + "dark", 1200, 1000);
    picture(prefix + "phone", 390, 844);
    assertThat(
            (Boolean)
                browser.executeScript(
                    "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
        .as("nothing is wider than a phone")
        .isTrue();
  }

  private void picture(String name, int width, int height) throws Exception {
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(
                Map.of(
                    "name",
                    "prefers-color-scheme",
                    "value",
                    name.endsWith("dark") ? "dark" : "light"))));
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    TimeUnit.SECONDS.sleep(2);
    Map<String, Object> picture =
        browser.executeCdpCommand(
            "Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    write(PICTURES.resolve(name + ".png"), String.valueOf(picture.get("data")));
  }

  private static void write(Path file, String base64) throws IOException {
    Files.write(file, Base64.getDecoder().decode(base64));
  }
}
