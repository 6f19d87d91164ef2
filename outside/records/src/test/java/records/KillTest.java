package records;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both sides as processes of their own, which are killed in the middle and started again. */
@Timeout(120)
class KillTest {

  private static final long COUNT = Long.getLong("records", 100_000);
  private static final int PLUMBING = 10;

  @TempDir Path folder;
  private final List<Process> processes = new ArrayList<>();

  @BeforeEach
  void haveKeys() throws IOException {
    NodeKey.loadOrCreate(folder.resolve("producer.key"));
    NodeKey.loadOrCreate(folder.resolve("consumer.key"));
  }

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void everyRecordIsStoredOnceWhoeverIsKilled() throws Exception {
    Process producer = start("producer-1", Producer.class, "0", COUNT);
    await(producer, () -> read("producer-1").contains("listens on port "));
    String port = read("producer-1").replaceAll("(?s).*listens on port (\\d+).*", "$1");
    Process consumer = start("consumer-1", Consumer.class, port, 10);

    await(consumer, () -> stored() > COUNT / 10);
    kill(producer);
    long first = stored();
    producer = start("producer-2", Producer.class, port, COUNT);
    await(consumer, () -> stored() > first + COUNT / 10);
    kill(consumer);
    long second = stored();
    consumer = start("consumer-2", Consumer.class, port, 0);

    assertThat(consumer.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(read("consumer-2")).contains("stores from " + second, "verified " + COUNT);
    assertThat(consumer.exitValue()).isZero();
    assertThat(first).isLessThan(COUNT);
    assertThat(second).isLessThan(COUNT);
    assertThat(read("producer-2")).doesNotContain("produces from 0\n").contains("produces from ");
    kill(producer);
  }

  private Process start(String name, Class<?> main, Object... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Stream.of(args).map(String::valueOf).forEach(command::add);
    Process started =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name).toFile())
            .start();
    processes.add(started);
    return started;
  }

  /** By SIGKILL: nothing of the process runs any more. */
  private static void kill(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private void await(Process process, BooleanSupplier condition) throws Exception {
    while (!condition.getAsBoolean()) {
      assertThat(process.isAlive()).as(this::outputs).isTrue();
      Thread.sleep(Duration.ofMillis(20).toMillis());
    }
  }

  private String outputs() {
    return read("producer-1") + read("consumer-1");
  }

  private long stored() {
    return folder.resolve("records.bin").toFile().length() / Long.BYTES;
  }

  private String read(String name) {
    try {
      return Files.readString(folder.resolve(name));
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void thePlumbingIsShort() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("src/main/java/records/Feed.java"));
    assertThat(lines.stream().filter(KillTest::isCode)).hasSizeLessThan(PLUMBING);
  }

  private static boolean isCode(String line) {
    return !line.isBlank()
        && !line.startsWith("import ")
        && !line.startsWith("package ")
        && !line.strip().startsWith("/**")
        && !line.strip().equals("}");
  }
}
