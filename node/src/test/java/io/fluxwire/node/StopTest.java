package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** SIGTERM to processes that are connected, and what the other side of each sees of it. */
@Tag("processes")
class StopTest {

  private static final int SECONDS = 60;

  private final List<Child> children = new ArrayList<>();

  @AfterEach
  void kill() throws InterruptedException {
    for (Child child : children) {
      child.process.destroyForcibly();
    }
    for (Child child : children) {
      child.process.waitFor(SECONDS, TimeUnit.SECONDS);
    }
  }

  private Child start(String... args) throws IOException {
    Child child = new Child(args);
    children.add(child);
    return child;
  }

  private Child listen(String... more) throws IOException {
    List<String> args = new ArrayList<>(List.of("listen", "--host", "127.0.0.1", "--port", "0"));
    args.addAll(List.of(more));
    return start(args.toArray(String[]::new));
  }

  private static String addressOf(String listening) {
    assertThat(listening).matches("listening 127\\.0\\.0\\.1:\\d+ id [0-9a-f]{66}");
    return listening.substring("listening ".length(), listening.indexOf(" id "));
  }

  @Test
  void aListenerThatIsToldToStopSaysGoodbyeToItsPeers() throws Exception {
    Child listener = listen("--echo");
    Child client = start("connect", addressOf(listener.line("listening ")));
    // Whole UTF-8 lines come back, and prove that the connection is up.
    client.type("grüße ☃");
    client.line("grüße ☃");

    listener.terminate();

    listener.line("peer ", " gone: closed by this side");
    assertThat(listener.exitCode()).isZero();
    assertThat(client.exitCode()).isZero();
    assertThat(client.errors()).last().isEqualTo("connection closed by the peer");
    assertThat(listener.output()).filteredOn(line -> line.startsWith("listening ")).hasSize(1);
    assertThat(listener.errors()).isEmpty();
  }

  @Test
  void aClientThatIsToldToStopClosesInGoodOrder() throws Exception {
    Child listener = listen("--echo");
    Child client = start("connect", addressOf(listener.line("listening ")));
    client.type("ping");
    client.line("ping");

    client.terminate();

    assertThat(client.exitCode()).isZero();
    assertThat(client.errors()).last().isEqualTo("connection closed by this side");
    listener.line("peer ", " gone: closed by the peer");
    listener.terminate();
    assertThat(listener.exitCode()).isZero();
  }

  private static final int BIG = 256 * 1024;

  /** More than sockets' buffers hold, and less than a send asks for ahead. */
  private static final int MANY = 96;

  private static final String LOSS =
      "not delivered: [\\d,]+ packets \\([\\d,]+ bytes of them sealed\\)";

  @Test
  void aListenerThatIsToldToStopSaysWhatAPeerDidNotTake() throws Exception {
    Child listener = listen("--echo");
    CountDownLatch written = new CountDownLatch(MANY);
    PeerConnection<ByteBuf> deaf =
        PeerClient.create(PacketCodec.raw())
            .remote(HostAndPort.parse(addressOf(listener.line("listening "))))
            .tcp(tcp -> tcp.option(ChannelOption.SO_RCVBUF, 64 * 1024))
            .connect()
            .block(Duration.ofSeconds(SECONDS));
    Flux.range(0, MANY)
        .concatMap(
            i ->
                deaf.send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(new byte[BIG])))
                    .doOnSuccess(done -> written.countDown()))
        .subscribe(null, failure -> {});
    assertThat(written.await(SECONDS, TimeUnit.SECONDS)).as("all is written").isTrue();

    listener.terminate();

    assertThat(listener.exitCode()).isZero();
    assertThat(listener.errors()).singleElement().asString().matches(LOSS + ", to 1 of 1 peers");
    deaf.dispose();
  }

  @Test
  void aClientThatIsToldToStopSaysWhatThePeerDidNotTake() throws Exception {
    CountDownLatch connected = new CountDownLatch(1);
    DisposablePeerServer deaf =
        PeerServer.create()
            .host("127.0.0.1")
            .tcp(tcp -> tcp.option(ChannelOption.SO_RCVBUF, 64 * 1024))
            .handle(
                peer -> {
                  connected.countDown();
                  return peer.onClose().then();
                })
            .bindNow();
    Child client = start("connect", "127.0.0.1:" + deaf.port());
    AtomicLong typed = new AtomicLong();
    Thread typing =
        new Thread(
            () -> {
              try {
                while (true) {
                  client.type("x".repeat(BIG));
                  typed.incrementAndGet();
                }
              } catch (IOException e) {
                // It has ended.
              }
            });
    typing.start();
    assertThat(connected.await(SECONDS, TimeUnit.SECONDS)).isTrue();
    // Until the sockets are full, and so is all before them.
    for (long before = -1; typed.get() == 0 || typed.get() > before; ) {
      before = typed.get();
      Thread.sleep(2000);
    }

    client.terminate();

    assertThat(client.exitCode()).isZero();
    assertThat(client.errors()).last().asString().matches(LOSS);
    typing.join();
    deaf.disposeNow(Duration.ofSeconds(SECONDS));
  }

  @Test
  void aListenerWithoutPeersJustStops() throws Exception {
    Child listener = listen();
    listener.line("listening ");

    listener.terminate();

    assertThat(listener.exitCode()).isZero();
    assertThat(listener.output()).hasSize(1);
    assertThat(listener.errors()).isEmpty();
  }

  @Test
  void theDemoRunsUntilItIsToldToStop() throws Exception {
    Child demo = start("demo");
    demo.line("round trip before the stream");

    demo.terminate();

    assertThat(demo.exitCode()).isZero();
    assertThat(demo.output()).last().isEqualTo("every packet arrived whole and in order");
  }

  /** A process whose output is read all the time, so that it never waits for a reader. */
  private static final class Child {
    final Process process;
    private final List<String> output = new CopyOnWriteArrayList<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> outputEnd;
    private final CompletableFuture<Void> errorsEnd;

    Child(String... args) throws IOException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
      if (Runtime.version().feature() >= 24) {
        // As ./fluxwire does: newer JDKs warn on standard error.
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
      }
      command.add(Main.class.getName());
      command.addAll(List.of(args));
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().put("LC_ALL", "C.UTF-8");
      process = builder.start();
      outputEnd = collect(process.inputReader(StandardCharsets.UTF_8), output);
      errorsEnd = collect(process.errorReader(StandardCharsets.UTF_8), errors);
    }

    private static CompletableFuture<Void> collect(BufferedReader from, List<String> to) {
      CompletableFuture<Void> end = new CompletableFuture<>();
      Thread reader =
          new Thread(
              () -> {
                try (from) {
                  for (String line = from.readLine(); line != null; line = from.readLine()) {
                    synchronized (to) {
                      to.add(line);
                      to.notifyAll();
                    }
                  }
                } catch (IOException e) {
                  // The process was killed.
                }
                synchronized (to) {
                  end.complete(null);
                  to.notifyAll();
                }
              });
      reader.setDaemon(true);
      reader.start();
      return end;
    }

    /** Waits for a line of standard output that starts and ends so. */
    String line(String start, String end) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      synchronized (output) {
        while (true) {
          for (String line : output) {
            if (line.startsWith(start) && line.endsWith(end)) {
              return line;
            }
          }
          long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
          if (left <= 0 || outputEnd.isDone()) {
            throw new AssertionError(
                "no line '%s…%s' in %s, errors %s".formatted(start, end, output, errors));
          }
          output.wait(left);
        }
      }
    }

    String line(String start) throws InterruptedException {
      return line(start, "");
    }

    void type(String line) throws IOException {
      Writer in = process.outputWriter(StandardCharsets.UTF_8);
      in.write(line + "\n");
      in.flush();
    }

    /** SIGTERM. By its handle: {@link Process#destroy()} closes the streams as well. */
    void terminate() {
      assertThat(process.toHandle().destroy()).isTrue();
    }

    int exitCode() throws InterruptedException {
      assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as("it ends: %s", output).isTrue();
      return process.exitValue();
    }

    List<String> output() throws Exception {
      outputEnd.get(SECONDS, TimeUnit.SECONDS);
      return output;
    }

    List<String> errors() throws Exception {
      errorsEnd.get(SECONDS, TimeUnit.SECONDS);
      return errors;
    }
  }
}
