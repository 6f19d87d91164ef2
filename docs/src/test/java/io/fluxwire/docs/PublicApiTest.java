package io.fluxwire.docs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.fluxwire.PeerConnection;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.channel.redis.RedisChannelStore;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.jgroups.JGroupsEngine;
import io.fluxwire.fleet.nats.NatsEngine;
import io.fluxwire.fleet.redis.RedisEngine;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.page.NodePage;
import io.fluxwire.rsocket.FluxwireRSocket;
import io.fluxwire.spring.FluxwireServer;
import io.fluxwire.spring.test.FluxwireTest;
import io.fluxwire.testing.MemoryLink;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What users may call is written down in {@code docs/api}: whoever changes it sees so in the diff.
 * After a change that is meant, {@code -Dapi.write} writes it down anew.
 */
@Tag("slow")
class PublicApiTest {

  private static final ToolProvider JAVAP = ToolProvider.findFirst("javap").orElseThrow();

  /** A module that users depend on. A package that it does not export to everyone is not theirs. */
  private record Published(String artifact, String folder, Class<?> type) {

    Path descriptor() {
      return Path.of("..", folder, "src", "main", "module", "module-info.java");
    }

    @Override
    public String toString() {
      return artifact;
    }
  }

  static Stream<Published> modules() {
    return Stream.of(
        new Published("fluxwire-core", "transport-core", PeerConnection.class),
        new Published("fluxwire-netty", "transport-netty", PeerClient.class),
        new Published("fluxwire-test-kit", "test-kit", MemoryLink.class),
        new Published("fluxwire-channel-store", "channel-store", DiskChannelStore.class),
        new Published(
            "fluxwire-channel-store-redis", "channel-store-redis", RedisChannelStore.class),
        new Published("fluxwire-fleet", "fleet", FleetEngine.class),
        new Published("fluxwire-fleet-jgroups", "fleet/jgroups", JGroupsEngine.class),
        new Published("fluxwire-fleet-redis", "fleet/redis", RedisEngine.class),
        new Published("fluxwire-fleet-nats", "fleet/nats", NatsEngine.class),
        new Published("fluxwire-rsocket", "rsocket", FluxwireRSocket.class),
        new Published("fluxwire-node-page", "node-page", NodePage.class),
        new Published("fluxwire-spring-boot", "spring-boot", FluxwireServer.class),
        new Published("fluxwire-spring-boot-test", "spring-boot/test", FluxwireTest.class));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void itIsWhatIsWrittenDown(Published module) throws Exception {
    Path file = Path.of("api", module.artifact() + ".txt");
    String api = api(module);
    if (System.getProperty("api.write") != null) {
      Files.writeString(file, api);
    }
    assertThat(api)
        .as("the API differs from docs/%s; if that is meant, see docs/releasing.md", file)
        .isEqualTo(Files.readString(file));
  }

  /** Who may call a method can also name what it takes and gives. */
  @ParameterizedTest
  @MethodSource("modules")
  void itNamesNothingThatIsNotForUsers(Published module) throws Exception {
    // Observability is shared by dials and their observers, which are not for users.
    Set<String> theirs = new TreeSet<>(Set.of("io.fluxwire.proto", "io.fluxwire.observe.dial"));
    for (Published one : modules().toList()) {
      theirs.addAll(exported(one));
    }
    Set<String> named =
        Pattern.compile("(io\\.fluxwire(?:\\.[a-z]\\w*)*)\\.[A-Z]")
            .matcher(api(module))
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(named).isNotEmpty().isSubsetOf(theirs);
  }

  @Test
  void samplesUseNothingElse() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.fluxwire..internal..")
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeJars())
                .importPackages("io.fluxwire.docs", "chat", "app"));
  }

  private static String api(Published module) throws Exception {
    StringBuilder api = new StringBuilder();
    for (String name : publicTypes(module)) {
      api.append(describe(name));
    }
    return api.toString();
  }

  private static Set<String> publicTypes(Published module)
      throws IOException, URISyntaxException, ClassNotFoundException {
    Set<String> packages = exported(module);
    Set<String> types = new TreeSet<>();
    for (String name : classes(module.type())) {
      Class<?> type = Class.forName(name, false, PublicApiTest.class.getClassLoader());
      if (packages.contains(type.getPackageName()) && isPublic(type)) {
        types.add(name);
      }
    }
    return types;
  }

  private static Set<String> exported(Published module) throws IOException {
    if (Files.notExists(module.descriptor())) {
      return Set.of(module.type().getPackageName());
    }
    return Pattern.compile("exports ([\\w.]+);")
        .matcher(Files.readString(module.descriptor()))
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toSet());
  }

  private static boolean isPublic(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return Modifier.isPublic(type.getModifiers()) && (outer == null || isPublic(outer));
  }

  /** The names of all classes beside this one, in a folder or a jar. */
  private static List<String> classes(Class<?> type) throws IOException, URISyntaxException {
    Path place = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (Files.isDirectory(place)) {
      return classes(place);
    }
    try (FileSystem jar = FileSystems.newFileSystem(place)) {
      return classes(jar.getPath("/"));
    }
  }

  private static List<String> classes(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .map(file -> root.relativize(file).toString())
          .filter(file -> file.startsWith("io/fluxwire/") && file.endsWith(".class"))
          .filter(file -> !file.endsWith("package-info.class"))
          .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
          .toList();
    }
  }

  /** Members in the order of their text: compilers differ in theirs. */
  private static String describe(String type) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        JAVAP.run(
            new PrintWriter(out),
            new PrintWriter(err),
            "-protected",
            "-cp",
            System.getProperty("java.class.path"),
            type);
    assertThat(status).as(err.toString()).isZero();
    List<String> lines =
        new ArrayList<>(
            Arrays.stream(out.toString().split("\\R"))
                .filter(line -> !line.startsWith("Compiled from"))
                .toList());
    String first = lines.remove(0);
    String last = lines.remove(lines.size() - 1);
    return first
        + lines.stream().sorted().map(line -> "\n" + line).collect(Collectors.joining())
        + "\n"
        + last
        + "\n\n";
  }
}
