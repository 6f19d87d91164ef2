package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutputTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Reader reader = new Reader();
  private final Output output = new Output("a pipe", reader, false);

  /** What is written, by somebody who may stop to read, or break. */
  private static final class Reader extends OutputStream {
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();
    private volatile CountDownLatch stopped = new CountDownLatch(0);
    private final CountDownLatch waiting = new CountDownLatch(1);
    private volatile String broken = "";

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] text, int offset, int length) throws IOException {
      try {
        if (stopped.getCount() > 0) {
          waiting.countDown();
        }
        stopped.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      if (!broken.isEmpty()) {
        throw new IOException(broken);
      }
      synchronized (read) {
        read.write(text, offset, length);
      }
    }

    void stop() {
      stopped = new CountDownLatch(1);
    }

    void goOn() {
      stopped.countDown();
    }

    String text() {
      synchronized (read) {
        return read.toString(StandardCharsets.UTF_8);
      }
    }
  }

  @AfterEach
  void goOn() {
    reader.goOn();
  }

  /** Stops reading in the middle of a line. */
  private void stopReading() throws InterruptedException {
    reader.stop();
    output.tell("first");
    assertThat(reader.waiting.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whoTellsDoesNotWaitAndWhatIsLeftOutIsCountedAtItsPlace() throws Exception {
    stopReading();
    String line = "x".repeat(1000);
    int fit = 0;
    for (int bytes = 0; bytes < Output.LIMIT; bytes += line.length() + 1 + 32) {
      fit++;
    }

    for (int i = 0; i < 3000; i++) {
      output.tell(line);
    }
    reader.goOn();
    while (!reader.text().endsWith("read them in time)\n")) {
      Thread.onSpinWait();
    }
    output.tell("last");

    assertThat(output.finish()).isNull();
    assertThat(reader.text().lines())
        .hasSize(1 + fit + 2)
        .startsWith("first", line)
        .endsWith(
            line,
            "(%,d lines left out so far: nobody read them in time)".formatted(3000 - fit),
            "last");
  }

  @Test
  void aCopyIsToldOnceItIsWritten() throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    stopReading();

    assertThat(output.copy(new byte[] {'a'}, () -> told.complete(reader.text()))).isTrue();
    assertThat(told).isNotDone();
    reader.goOn();

    assertThat(told.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("first\na\n");
  }

  /** Who acknowledges a line acknowledges all before it. */
  @Test
  void noCopyIsToldBehindOneThatWasNotWritten() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    reader.broken = "No space left on device";
    output.copy(new byte[] {'a'}, () -> told.add("a"));
    output.failed().block(LIMIT);
    reader.broken = "";
    output.copy(new byte[] {'b'}, () -> told.add("b"));
    output.finish();

    assertThat(reader.text()).endsWith("b\n");
    assertThat(told).isEmpty();
    assertThat(output.copy(new byte[] {'c'}, () -> told.add("c"))).isFalse();
  }

  @Test
  void whoSaysWaitsForRoomAndNothingIsLost() throws Exception {
    stopReading();
    String line = "x".repeat(1000);
    CompletableFuture<Void> said =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 3000; i++) {
                output.copy(line.getBytes(StandardCharsets.UTF_8));
              }
            });
    reader.goOn();
    said.get(LIMIT.toSeconds(), TimeUnit.SECONDS);

    assertThat(output.finish()).isNull();
    assertThat(reader.text().lines()).hasSize(3001).endsWith(line);
    assertThat(output.unread()).isZero();
  }

  @Test
  void inAHurryNobodyWaitsForTheReader() throws Exception {
    stopReading();
    for (int i = 0; i < 10; i++) {
      output.say("line");
    }

    output.hurry();

    assertThat(output.finish()).isNull();
    assertThat(output.unread()).isEqualTo(11);
    output.say("too late");
    assertThat(output.unread()).isEqualTo(12);
  }

  @Test
  void aHurryLetsGoWhoWaitsForRoom() throws Exception {
    stopReading();
    CompletableFuture<Void> said =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 3000; i++) {
                output.say("x".repeat(1000));
              }
            });
    output.hurry();

    said.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void aFailureIsToldAndTheNextLineIsTriedAgain() {
    reader.broken = "No space left on device";
    output.tell("lost");

    assertThat(output.failed().block(LIMIT)).hasMessage("No space left on device");
    reader.broken = "";
    output.tell("there is room again");

    assertThat(output.finish()).hasMessage("No space left on device");
    assertThat(reader.text().lines())
        .containsExactly(
            "(1 lines left out so far: nobody read them in time)", "there is room again");
  }

  @Test
  void onATerminalAPeersTextActsOnNothing() {
    Output terminal = new Output("a terminal", reader, true);
    terminal.copy("a\033[31mb\rc\u202ed\u009be\ud7ff\tf".getBytes(StandardCharsets.UTF_8));
    terminal.copy(new byte[] {'x', (byte) 0xed, (byte) 0xa0, (byte) 0x80, 'y', (byte) 0xff});
    terminal.tell("reason\n\033[2J");
    terminal.finish();

    assertThat(reader.text().codePoints().filter(c -> c < ' ' || (c > '~' && c < 0xa0)))
        .containsOnly((int) '\t', (int) '\n');
    assertThat(reader.text())
        .startsWith("a\ufffd[31mb\ufffdc\ufffdd\ufffde\ud7ff\tf\nx\ufffd")
        .endsWith("\ufffd\nreason\ufffd\ufffd[2J\n");
    assertThat(reader.text().lines()).hasSize(3);
  }

  @Test
  void intoAPipeAPeersTextStaysByteForByte() {
    byte[] text = {'a', 27, '[', 'm', '\r', (byte) 0xed, (byte) 0xa0, (byte) 0x80, (byte) 0xff};
    ByteArrayOutputStream pipe = new ByteArrayOutputStream();
    Output raw = new Output("a pipe", pipe, false);

    raw.copy(text);
    raw.finish();

    assertThat(pipe.toByteArray()).startsWith(text).endsWith('\n').hasSize(text.length + 1);
  }

  @Test
  void theWriterAndTheAsidesKeepTheOrder() {
    PrintStream asides = output.asides();
    output.writer().println("usage: é");
    asides.println("log ☃");
    output.tell("line");
    asides.close();

    assertThat(reader.text().lines()).containsExactly("usage: é", "log ☃", "line");
  }
}
