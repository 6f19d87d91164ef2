package io.fluxwire.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.testing.MemoryLink.Break;
import io.fluxwire.testing.MemoryLink.Direction;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Each fault, as the one who receives sees it. */
class MemoryLinkTest {

  private static final byte[] BYTES = {1, 2, 3, 4, 5};

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final MemoryLink link = MemoryLink.create(time);
  private final BufferRecorder received = BufferRecorder.borrowing();

  @AfterEach
  void close() {
    link.dispose();
    time.advanceTime();
  }

  private void send() {
    link.ends().acceptor().receive().subscribe(received);
    link.ends().dialer().write(Unpooled.copiedBuffer(BYTES), failure -> {});
    received.requestUnbounded();
    time.advanceTime();
  }

  @Test
  void withoutFaultsItPassesAllOn() {
    send();
    assertThat(received.received()).containsExactly(BYTES);
    link.ends().dialer().shutdownOutput();
    time.advanceTime();
    assertThat(received.isCompleted()).isTrue();
  }

  @Test
  void splits() {
    link.split(2);
    send();
    assertThat(received.received())
        .containsExactly(new byte[] {1, 2}, new byte[] {3, 4}, new byte[] {5});
  }

  @Test
  void delaysWhatComesAndTheEndAfterIt() {
    link.delay(Duration.ofSeconds(1));
    send();
    link.ends().dialer().shutdownOutput();
    time.advanceTimeBy(Duration.ofMillis(999));
    assertThat(received.received()).isEmpty();
    assertThat(received.isCompleted()).isFalse();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(received.received()).containsExactly(BYTES);
    assertThat(received.isCompleted()).isTrue();
  }

  @Test
  void stallsUntilItResumes() {
    link.stall();
    send();
    link.ends().dialer().dispose();
    time.advanceTimeBy(Duration.ofDays(1));
    assertThat(received.received()).isEmpty();
    assertThat(received.error()).isNull();
    link.resume();
    time.advanceTime();
    assertThat(received.error()).isNotNull();
  }

  @Test
  void changesOneBit() {
    link.corruptAt(Direction.FORTH, 2);
    link.corruptAt(Direction.BACK, 0);
    send();
    assertThat(received.received()).containsExactly(new byte[] {1, 2, 2, 4, 5});
  }

  @Test
  void endsAtAPlace() {
    link.breakAfter(Direction.FORTH, 3, Break.END);
    send();
    assertThat(received.received()).containsExactly(new byte[] {1, 2, 3});
    assertThat(received.isCompleted()).isTrue();
  }

  @Test
  void fallsSilentAtAPlace() {
    link.breakAfter(Direction.FORTH, 3, Break.SILENCE);
    send();
    assertThat(received.received()).containsExactly(new byte[] {1, 2, 3});
    assertThat(received.isCompleted()).isFalse();
    link.resume();
    time.advanceTime();
    assertThat(received.received()).containsExactly(new byte[] {1, 2, 3}, new byte[] {4, 5});
  }

  @Test
  void isResetAtAPlace() {
    link.breakAfter(Direction.FORTH, 3, Break.RESET);
    send();
    assertThat(received.error()).isNotNull();
    assertThat(link.ends().dialer().isDisposed()).isTrue();
  }
}
