package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class LinesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static InputStream input(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static List<String> rest(Lines lines) {
    return lines
        .read()
        .flatMapIterable(batch -> batch)
        .map(line -> line.toString(StandardCharsets.ISO_8859_1))
        .collectList()
        .block(LIMIT);
  }

  /** Zeros without an end, which would fill any memory. */
  private static final class Endless extends InputStream {
    @Override
    public int read() {
      return 0;
    }
  }

  @Test
  void linesAreBytesAndEndAtLineFeeds() {
    Lines lines = new Lines(input("a\r\n\n\u00ff\u0000b\nlast"), LineRule.packets(10));

    assertThat(rest(lines)).containsExactly("a\r", "", "\u00ff\u0000b", "last");
    assertThat(lines.isDone()).isTrue();
    assertThat(lines.failure()).isNull();
  }

  @Test
  void aLineMayBeAsLongAsAllowedAndLongerThanAChunk() {
    String longest = "x".repeat(300_000);
    Lines lines = new Lines(input("a\n" + longest + "\n" + longest), LineRule.packets(300_000));

    assertThat(rest(lines)).containsExactly("a", longest, longest);
    assertThat(lines.failure()).isNull();
  }

  @Test
  void aLineThatIsTooLongEndsTheInputAfterThoseBeforeIt() {
    Lines lines = new Lines(input("a\nb\n" + "x".repeat(11) + "\nc\n"), LineRule.packets(10));

    assertThat(rest(lines)).containsExactly("a", "b");
    assertThat(lines.failure()).hasMessageContaining("over 1 MiB");
  }

  @Test
  void aLineWithoutAnEndIsNotWaitedFor() {
    Lines lines =
        new Lines(new SequenceInputStream(input("a\n"), new Endless()), LineRule.packets(1 << 20));

    assertThat(rest(lines)).containsExactly("a");
    assertThat(lines.failure()).isInstanceOf(IOException.class);
  }

  @Test
  void aLineThatIsNotWhatItHasToBeEndsTheInputBehindThoseBeforeIt() {
    Lines lines = new Lines(input("0010\n 00FF01 \n12xy\n0013\n"), LineRule.hexMessages());

    assertThat(rest(lines)).containsExactly("\u0000\u0010", "\u0000\u00ff\u0001");
    assertThat(lines.failure())
        .hasMessageContaining("line 3 of standard input is not a message in hex");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "001", "00 10", "0x0010"})
  void whatIsNoLightningMessageIsRefused(String line) {
    Lines lines = new Lines(input(line + "\n"), LineRule.hexMessages());

    assertThat(rest(lines)).isEmpty();
    assertThat(lines.failure()).hasMessageContaining("line 1 of standard input is not a");
  }

  @Test
  void aMessageHas65535BytesAtMost() {
    String longest = "10".repeat(65_535);
    Lines lines = new Lines(input(longest + "\n" + longest + "00\n"), LineRule.hexMessages());

    assertThat(rest(lines)).singleElement().extracting(String::length).isEqualTo(65_535);
    assertThat(lines.failure()).hasMessageContaining("over 131,070 hex digits");
  }

  @Test
  void whateverEndsTheReadingIsKnown() {
    Lines lines =
        new Lines(
            new InputStream() {
              @Override
              public int read() {
                throw new OutOfMemoryError("Java heap space");
              }

              @Override
              public int read(byte[] to, int offset, int length) {
                return read();
              }
            },
            LineRule.packets(10));

    assertThat(rest(lines)).isEmpty();
    assertThat(lines.failure()).isInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void thatNothingIsLeftIsKnownWithoutTakingIt() {
    Lines empty = new Lines(input(""), LineRule.packets(10));
    empty.allRead().block(LIMIT);
    assertThat(empty.isExhausted()).isTrue();
    assertThat(empty.isDone()).isFalse();

    Lines some = new Lines(input("a\n"), LineRule.packets(10));
    some.allRead().block(LIMIT);
    assertThat(some.isExhausted()).isFalse();
    List<ByteString> first = some.read().blockFirst(LIMIT);
    assertThat(first).containsExactly(ByteString.copyFromUtf8("a"));
    assertThat(some.isExhausted()).isTrue();
  }

  @Test
  void whoHasGoneTakesNoLineAlong() throws Exception {
    try (PipedOutputStream typed = new PipedOutputStream()) {
      Lines lines = new Lines(new PipedInputStream(typed), LineRule.packets(10));
      typed.write("a\n".getBytes(StandardCharsets.UTF_8));
      typed.flush();
      Sinks.Empty<Void> leave = Sinks.empty();
      // Asks for the next batch from another thread, as when one is written.
      CompletableFuture<Void> gone =
          lines
              .read()
              .concatMap(batch -> Mono.delay(Duration.ofMillis(1)), 0)
              .doOnNext(
                  asked -> Mono.delay(Duration.ofMillis(50)).subscribe(x -> leave.tryEmitEmpty()))
              .takeUntilOther(leave.asMono())
              .then()
              .toFuture();
      gone.get(LIMIT.toSeconds(), TimeUnit.SECONDS);

      typed.write("b\n".getBytes(StandardCharsets.UTF_8));
      typed.close();

      assertThat(rest(lines)).containsExactly("b");
    }
  }
}
