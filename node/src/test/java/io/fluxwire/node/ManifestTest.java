package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.identity.NodeKey;
import io.fluxwire.node.FleetEngineAddress.ByDns;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The arguments of the manifest for Kubernetes, which distribution/try runs in the image. */
@Timeout(180)
class ManifestTest {

  private static final Path MANIFEST = Path.of("../docs/deployment/kubernetes/node.yaml");
  private static final String ONE = "127.9.0.1";
  private static final String TWO = "127.9.0.2";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Pattern ARGUMENTS =
      Pattern.compile("^ *args:\n((?: *[-#] .*\n)+)", Pattern.MULTILINE);

  private final List<MainProcess> instances = new ArrayList<>();

  @AfterEach
  void kill() throws InterruptedException {
    for (MainProcess instance : instances) {
      instance.kill();
    }
  }

  /** What a pod of this address is started with: the kubelet expands variables. */
  private static String[] arguments(String address) throws IOException {
    Matcher found = ARGUMENTS.matcher(Files.readString(MANIFEST));
    assertThat(found.find()).isTrue();
    return found
        .group(1)
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("- "))
        .map(line -> line.substring(2).replace("$(POD_IP)", address))
        .toArray(String[]::new);
  }

  /** Starts a pod, with a key and ports of this machine. */
  private MainProcess start(String address, int http, int fleet, Path folder) throws IOException {
    MainProcess instance =
        new MainProcess(
            List.of("-Djdk.net.hosts.file=" + folder.resolve("hosts")),
            Stream.of(arguments(address))
                .map(argument -> given("--key", folder.resolve("node.key"), argument))
                .map(argument -> given("--port", 0, argument))
                .map(argument -> given("--http", http, argument))
                .map(argument -> given("--fleet-port", fleet, argument))
                .toArray(String[]::new));
    instances.add(instance);
    return instance;
  }

  private static String given(String option, Object value, String argument) {
    return argument.startsWith(option + "=") ? option + "=" + value : argument;
  }

  private static int unusedPort(String address) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
      return socket.getLocalPort();
    }
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static void awaitMembers(int http, int members) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    Pattern meter = Pattern.compile("^fluxwire_fleet_members\\{.*} " + members + "\\.0$");
    String metrics = get(http, "/metrics").body();
    while (metrics.lines().noneMatch(meter.asPredicate())) {
      assertThat(System.nanoTime() - end).as(metrics).isNegative();
      Thread.sleep(50);
      metrics = get(http, "/metrics").body();
    }
  }

  private static ParseResult parse(String... arguments) {
    Output nowhere = new Output("nowhere", OutputStream.nullOutputStream(), false);
    CommandLine commandLine = Main.commandLine(nowhere, nowhere);
    return commandLine.parseArgs(arguments).subcommand();
  }

  @Test
  void theCommandLineTakesItsArguments() throws IOException {
    ParseResult listen = parse(arguments(ONE));

    assertThat(listen.commandSpec().name()).isEqualTo("listen");
    assertThat(listen.matchedOptionValue("--http-host", "")).isEqualTo("0.0.0.0");
    assertThat(listen.hasMatchedOption("--key")).isTrue();
  }

  @Test
  @Tag("processes")
  @EnabledOnOs(OS.LINUX) // Its loopback interface has all of 127.0.0.0/8
  void twoInstancesFindEachOtherByTheNameOfTheirService(@TempDir Path folder) throws Exception {
    ByDns service = parse(arguments(ONE)).matchedOptionValue("--fleet", new ByDns(""));
    Files.write(
        folder.resolve("hosts"), List.of(ONE + " " + service.name(), TWO + " " + service.name()));
    NodeKey.loadOrCreate(folder.resolve("node.key"));
    int fleet = unusedPort(ONE);
    int first = unusedPort("0.0.0.0");
    int second = unusedPort("0.0.0.0");

    assertThat(start(ONE, first, fleet, folder).line("joined")).contains("a fleet of ");
    assertThat(start(TWO, second, fleet, folder).line("joined")).contains("a fleet of ");
    // On a slow machine each is the first one, and they come together a moment later.
    awaitMembers(first, 2);
    awaitMembers(second, 2);
    assertThat(get(second, "/health").statusCode()).isEqualTo(200);
  }

  @Test
  void whatItDoesNotKnowIsFound() throws IOException {
    String[] arguments = arguments(ONE);
    arguments[1] = arguments[1].replace("--port", "--ports");

    assertThatThrownBy(() -> parse(arguments)).isInstanceOf(UnmatchedArgumentException.class);
  }
}
