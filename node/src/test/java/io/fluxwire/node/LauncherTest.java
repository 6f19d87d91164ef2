package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code ./fluxwire} says when it cannot build, with a Maven that only says so. */
@Tag("processes")
class LauncherTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @TempDir private Path folder;

  private Path clone;
  private Path tools;

  @BeforeEach
  void copy() throws IOException {
    clone = Files.createDirectories(folder.resolve("Übungen mit Leerzeichen"));
    tools = Files.createDirectories(folder.resolve("tools"));
    Files.createDirectories(clone.resolve(".mvn"));
    for (String file : new String[] {"fluxwire", ".mvn/jdk.sh"}) {
      Files.copy(ROOT.resolve(file), clone.resolve(file));
    }
  }

  /** A Maven whose build prints this and fails. */
  private void mavenSays(String version, String output) throws IOException {
    Path text = Files.writeString(folder.resolve("output"), output);
    Path maven =
        Files.writeString(
            tools.resolve("mvn"),
            "#!/bin/sh\n[ \"$1\" != -v ] || { echo 'Apache Maven %s'; exit 0; }\ncat '%s'; exit 1\n"
                .formatted(version, text));
    Files.setPosixFilePermissions(maven, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private record Run(int status, String out, String err) {}

  private Run launch(Map<String, String> environment) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("sh", clone.resolve("fluxwire").toString(), "--version")
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("PATH", tools + ":/usr/bin:/bin");
    builder.environment().putAll(environment);
    int status = builder.start().waitFor();
    return new Run(
        status, Files.readString(folder.resolve("out")), Files.readString(folder.resolve("err")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[ERROR] Could not transfer artifact a:b:jar:1 from/to central (https://repo.example): Unknown host repo.example"
            + " | Maven could not download a:b:jar:1 from https://repo.example | settings.xml",
        "[ERROR] Could not find artifact a:b:jar:1 in mirror (https://m.example)"
            + " | Maven's repositories do not have a:b:jar:1 | mvn -U",
        "[ERROR] a:b:jar:1 was not found in https://m.example during a previous attempt."
            + " | Maven's repositories do not have a:b:jar:1 | mvn -U",
        "[ERROR] COMPILATION ERROR :\\n[ERROR] /x/A.java:[1,2] ';' expected"
            + " | /x/A.java:[1,2] ';' expected | git status",
        "[ERROR] write failed: No space left on device | The disk is full | Make room",
        "Unrecognized VM option 'UseFoo' | Unrecognized VM option 'UseFoo' | Check MAVEN_OPTS",
        "[ERROR] /r/x.jar (Permission denied) | /r/x.jar (Permission denied) | writable",
        "[ERROR] something that nobody has thought of | nobody has thought of | report it",
      })
  void aFailedBuildSaysWhatToDo(String maven, String said, String todo) throws Exception {
    mavenSays("3.9.9", maven.replace("\\n", "\n"));

    Run run = launch(Map.of());

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("fluxwire: the build failed.", said, todo)
        .contains("The whole output: " + clone.resolve(".fluxwire/build.log"))
        .doesNotContain("Re-run Maven");
  }

  @Test
  void anOldMavenIsNamed() throws Exception {
    mavenSays("3.6.3", "[ERROR] a plugin wants something newer\n");

    assertThat(launch(Map.of()).err()).contains("This is Maven 3.6.3; Fluxwire needs 3.8 or newer");
  }

  @Test
  void aJavaWithoutACompilerIsNamedBeforeAnythingIsBuilt() throws Exception {
    mavenSays("3.9.9", "");
    Path jre = Files.createDirectories(folder.resolve("jre/bin")).getParent();
    Path java =
        Files.writeString(
            jre.resolve("bin/java"), "#!/bin/sh\necho '    java.home = %s' >&2\n".formatted(jre));
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(jre.resolve("release"), "JAVA_VERSION=\"21.0.1\"\n");

    Run run = launch(Map.of("JAVA_HOME", jre.toString()));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("a Java without a compiler", "JAVA_HOME");
  }

  @Test
  void aMissingMavenIsNamed() throws Exception {
    Path few = Files.createDirectories(folder.resolve("few"));
    for (String tool :
        new String[] {"sh", "dirname", "readlink", "sed", "head", "mkdir", "find", "cat", "rm"}) {
      Files.createSymbolicLink(few.resolve(tool), Path.of("/usr/bin", tool).toRealPath());
    }

    Run run = launch(Map.of("PATH", few.toString()));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("mvn not found", "3.8 or newer");
  }

  /** A clone that is built, and a Java that writes down what its descriptors are. */
  private Path recordingJava() throws IOException {
    Path built = Files.createDirectories(clone.resolve("node/target/run/lib")).getParent();
    Files.writeString(built.resolve("fluxwire-node.jar"), "");
    Files.writeString(built.resolve(".fluxwire-built"), "");
    Path home = Files.createDirectories(folder.resolve("recording/bin")).getParent();
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
    Path java =
        Files.writeString(
            home.resolve("bin/java"),
            """
            #!/bin/sh
            exec 3>"$RECORD"
            for n in 0 1 2; do
              if (: 4<&$n); then printf '%s ' "$n" >&3; fi
            done
            if (echo x) 2>/dev/null; then echo written >&3; else echo refused >&3; fi
            echo "$*" >&3
            """);
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    return home;
  }

  private List<String> recorded(String redirection) throws Exception {
    Path record = folder.resolve("record");
    ProcessBuilder builder =
        new ProcessBuilder(
                "sh",
                "-c",
                "exec sh \"$0\" id key " + redirection,
                clone.resolve("fluxwire").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out").toFile());
    builder.environment().put("JAVA_HOME", recordingJava().toString());
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("RECORD", record.toString());
    assertThat(builder.start().waitFor()).isZero();
    return Files.readAllLines(record);
  }

  @ParameterizedTest
  @CsvSource({
    "<&-,written",
    ">&-,refused",
    "2>&-,written",
    "<&- >&-,refused",
    "<&- >&- 2>&-,refused",
    "'',written"
  })
  void aClosedDescriptorIsNotTakenByAFileOfJavas(String redirection, String written)
      throws Exception {
    assertThat(recorded(redirection)).first().isEqualTo("0 1 2 " + written);
  }

  @Test
  void theLauncherSaysThatItsOutputIsNoTerminal() throws Exception {
    assertThat(recorded("")).last().asString().contains("-Dfluxwire.terminal=false");
  }
}
