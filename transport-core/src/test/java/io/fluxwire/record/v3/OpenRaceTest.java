package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.LentBuffers;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests and cancels come from another thread than buffers do. */
@Timeout(60)
class OpenRaceTest {

  private static final int ROUNDS = 3000;

  private static final List<byte[]> PAYLOADS =
      IntStream.range(0, 12).mapToObj(i -> Framing.payload(16 + 3 * i, i)).toList();
  private static final byte[] STREAM = Framing.join(Framing.seal(PAYLOADS));

  private final ExecutorService other = Executors.newSingleThreadExecutor();
  private final CyclicBarrier start = new CyclicBarrier(2);

  @AfterEach
  void stop() {
    other.shutdownNow();
  }

  @Test
  void requestsThatRaceWithBuffersLoseNothing() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Round race = new Round(round);
      Future<?> requests = other.submit(() -> race.request(PAYLOADS.size()));
      start.await();
      race.feed();
      requests.get();
      assertThat(race.payloads.error()).isNull();
      assertThat(race.payloads.isCompleted()).isTrue();
      assertThat(race.payloads.received()).hasSameSizeAs(PAYLOADS);
      race.assertOrderAndRelease();
    }
  }

  @Test
  void cancelThatRacesWithBuffersLeaksNothing() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Round race = new Round(round);
      int requested = round % PAYLOADS.size();
      Future<?> requests =
          other.submit(
              () -> {
                race.request(requested);
                race.payloads.cancel();
                return null;
              });
      start.await();
      race.feed();
      requests.get();
      assertThat(race.payloads.error()).isNull();
      race.assertOrderAndRelease();
    }
  }

  private final class Round {

    private final UnpooledByteBufAllocator allocator = Framing.allocator();
    private final LentBuffers source = new LentBuffers();
    private final BufferRecorder payloads = BufferRecorder.borrowing();
    private final List<byte[]> chunks;

    Round(int seed) {
      chunks = Framing.cut(STREAM, 1 + new Random(seed).nextInt(300));
      source.transform(Frames.open(Framing.keys(), allocator)).subscribe(payloads);
    }

    /** As a connection does: nothing without demand. */
    void feed() {
      for (byte[] chunk : chunks) {
        while (!source.wantsMore()) {
          if (source.isCancelled() || payloads.received().size() == PAYLOADS.size()) {
            break;
          }
          Thread.onSpinWait();
        }
        if (source.isCancelled()) {
          return;
        }
        source.emit(chunk);
      }
      source.complete();
    }

    Void request(int times) throws Exception {
      start.await(30, TimeUnit.SECONDS);
      for (int i = 0; i < times; i++) {
        payloads.request(1);
      }
      return null;
    }

    void assertOrderAndRelease() {
      for (int i = 0; i < payloads.received().size(); i++) {
        assertThat(payloads.received().get(i)).isEqualTo(PAYLOADS.get(i));
      }
      assertThat(allocator.metric().usedHeapMemory()).isZero();
    }
  }
}
