package telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** Both applications with a PostgreSQL of their own, seen in Chromium, killed in turn. */
class TelemetryIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final Path SAMPLE = Path.of("..").toAbsolutePath().normalize();

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Program> programs = new ArrayList<>();
  private final int databasePort = freePort();
  private final int httpPort = freePort();
  private final int peerPort = freePort();

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private Path databaseFolder;
  private ChromeDriver browser;

  @BeforeEach
  void open() throws IOException {
    File chromium = onThePath("chromium", "chromium-browser", "google-chrome");
    File driver = onThePath("chromedriver");
    assumeTrue(chromium != null && driver != null, "no chromium and chromedriver on the PATH");
    assumeTrue(hasPostgres(), "no PostgreSQL of Debian's package");
    // The user "postgres" cannot enter JUnit's folders.
    databaseFolder = Files.createTempDirectory("telemetry");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium);
    options.addArguments(
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder().usingDriverExecutable(driver).build(), options);
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.quit();
    }
    for (Program program : programs) {
      program.kill();
    }
    if (databaseFolder != null) {
      new ProcessBuilder("rm", "-rf", databaseFolder.toString()).start().waitFor();
    }
  }

  private static boolean hasPostgres() throws IOException {
    Path versions = Path.of("/usr/lib/postgresql");
    if (!Files.isDirectory(versions)) {
      return false;
    }
    try (Stream<Path> installed = Files.list(versions)) {
      return installed.anyMatch(version -> Files.isExecutable(version.resolve("bin/initdb")));
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

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Program program(String name, String... command) {
    Program program = new Program(folder, name, List.of(command));
    programs.add(program);
    return program;
  }

  private Program application(String name, String... properties) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Four starts are most of what this test takes, and the second compiler is not worth its own.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar"));
    command.add(SAMPLE.resolve(Path.of(name, "target", name + ".jar")).toString());
    command.addAll(List.of(properties));
    return program(name, command.toArray(String[]::new));
  }

  private HttpResponse<String> ask(String method, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private void until(String what, Callable<Boolean> condition) throws IOException {
    try {
      await(what)
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptions()
          .until(condition);
    } catch (RuntimeException e) {
      for (Program program : programs) {
        System.err.println(program.log());
      }
      throw e;
    }
  }

  private Connection database() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + databasePort + "/telemetry", "telemetry", "telemetry");
  }

  private void startDatabase(Program database) throws IOException {
    until(
        "the database answers",
        () -> {
          if (!database.isRunning()) {
            // Again, where processes of a killed one were not gone yet.
            database.start();
          }
          try (Connection connection = database()) {
            return connection.isValid(1);
          }
        });
  }

  /** Its node id. */
  private String startIngest(Program ingest) throws Exception {
    ingest.start();
    until("the ingest is up", () -> ask("GET", "/actuator/info").statusCode() == 200);
    Matcher id = Pattern.compile("0[23][0-9a-f]{64}").matcher(ask("GET", "/actuator/info").body());
    assertThat(id.find()).isTrue();
    return id.group();
  }

  private String shown(String cell) {
    return browser.findElement(By.cssSelector("#stations ." + cell)).getText();
  }

  private void awaitMoreReadings(String when) throws IOException {
    String[] before = new String[1];
    until(
        when,
        () -> {
          boolean live = shown("connected").equals("yes");
          if (live && before[0] == null) {
            before[0] = shown("readings");
          }
          return live && Long.parseLong(shown("readings")) > Long.parseLong(before[0]) + 100;
        });
  }

  @Test
  void eachReadingIsStoredOnceWhateverIsKilled() throws Exception {
    Program database =
        program(
            "postgres",
            SAMPLE.resolve("postgres").toString(),
            databaseFolder.toString(),
            String.valueOf(databasePort));
    Program ingest =
        application(
            "ingest",
            "--server.port=" + httpPort,
            "--fluxwire.server.port=" + peerPort,
            "--spring.r2dbc.url=r2dbc:postgresql://127.0.0.1:" + databasePort + "/telemetry");
    startDatabase(database);
    String id = startIngest(ingest);
    Program station =
        application(
            "station",
            "--station.ingest=" + id + "@127.0.0.1:" + peerPort,
            "--station.interval=5ms",
            "--fluxwire.clients.ingest.reconnect.max=1s");
    station.start();

    browser.get("http://127.0.0.1:" + httpPort + "/");
    awaitMoreReadings("readings appear on the page");
    browser.findElement(By.cssSelector("#stations .asked button")).click();
    until("the station answers", () -> shown("asked").matches("(?s)Ask.*-?[0-9]+\\.[0-9] °C"));
    String stationId =
        browser.findElement(By.cssSelector("#stations .station")).getAttribute("title");
    assertThat(ask("PUT", "/stations/" + stationId + "/interval?millis=0").body())
        .as("the shortest")
        .isEqualTo("{\"millis\":1}");
    assertThat(ask("GET", "/stations/" + id + "/current").statusCode())
        .as("a stranger")
        .isEqualTo(503);

    killBetweenCommitAndAcknowledgement(ingest);
    startIngest(ingest);
    awaitMoreReadings("readings appear after the ingest was killed");
    station.kill();
    station.start();
    awaitMoreReadings("readings appear after the station was killed");
    database.kill();
    startDatabase(database);
    awaitMoreReadings("readings appear after the database was killed");

    assertThat(ingest.terminate())
        .as("with a live station and a page")
        .isEqualTo(Program.TERMINATED);
    assertThat(station.terminate()).isEqualTo(Program.TERMINATED);
    assertThat(ingest.log())
        .containsPattern("[1-9][0-9]* connections drained, 0 aborted, not delivered: nothing")
        .contains("Graceful shutdown complete");
    assertEachReadingOnce();
  }

  /**
   * The database commits what it was given, and nobody is left to hear of it: that reading comes
   * again.
   */
  private void killBetweenCommitAndAcknowledgement(Program ingest) throws Exception {
    long before;
    try (Connection holder = database();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("lock table reading in exclusive mode");
      until("a reading waits", () -> count("pg_locks where not granted") > 0);
      before = count("reading");
      ingest.kill();
      holder.commit();
    }
    until("that reading is stored", () -> count("reading") > before);
  }

  private long count(String from) throws SQLException {
    try (Connection connection = database();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select count(*) from " + from)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private void assertEachReadingOnce() throws SQLException {
    List<Long> numbers = new ArrayList<>();
    Set<Double> values = new HashSet<>();
    try (Connection connection = database();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select number, celsius from reading order by 1")) {
      while (rows.next()) {
        numbers.add(rows.getLong(1));
        values.add(rows.getDouble(2));
      }
    }
    assertThat(numbers).hasSizeGreaterThan(400);
    assertThat(numbers).isEqualTo(LongStream.range(0, numbers.size()).boxed().toList());
    // Drawn from so many that no two are equal, unless one was sent twice.
    assertThat(values).hasSameSizeAs(numbers);
  }
}
