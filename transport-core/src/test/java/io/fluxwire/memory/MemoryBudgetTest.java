package io.fluxwire.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.record.v3.Framing;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.LentBuffers;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class MemoryBudgetTest {

  private static final int KIB = 1024;
  private static final int MIB = 1 << 20;
  private static final byte[] FRAME = Framing.seal(List.of(Framing.payload(MIB, 1))).get(0);
  private static final byte[] START = Arrays.copyOf(FRAME, 100 * KIB);
  private static final byte[] REST = Arrays.copyOfRange(FRAME, 100 * KIB, FRAME.length);

  private final UnpooledByteBufAllocator allocator = Framing.allocator();
  private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
  private long held;
  private final MemoryBudget budget = new MemoryBudget(2L * MIB, change -> held += change);
  private final List<Connection> connections = new ArrayList<>();

  /** A peer that sends frames, and what becomes of them. */
  private final class Connection {

    final LentBuffers peer = new LentBuffers();
    final BufferRecorder payloads = BufferRecorder.borrowing();
    final List<Reason> ended = new ArrayList<>();
    final Reservation reservation =
        budget.reservation(scheduler, (PeerException cause) -> ended.add(cause.reason()));

    Connection() {
      connections.add(this);
      reservation.authenticated();
      peer.transform(
              Frames.open(Framing.keys(), allocator, new ReadLimits(reservation, () -> null)))
          .subscribe(payloads);
      payloads.request(2);
    }

    Connection starts() {
      peer.emit(START);
      return this;
    }

    void finishes() {
      peer.emit(REST);
      assertThat(payloads.received()).hasSize(1);
      assertThat(payloads.received().get(0)).hasSize(MIB);
    }
  }

  @AfterEach
  void nothingIsHeldInTheEnd() {
    connections.forEach(connection -> connection.payloads.cancel());
    assertThat(held).isZero();
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    connections.forEach(connection -> connection.reservation.close());
    assertThat(new Connection().reservation.isExhausted()).isFalse();
  }

  private List<Integer> readOn() {
    return Stream.iterate(0, i -> i + 1)
        .limit(connections.size())
        .filter(i -> connections.get(i).peer.wantsMore())
        .toList();
  }

  @Test
  void asManyFramesAreReadOnAsThereIsRoomForAndTheOthersInTheirOrder() {
    for (int i = 0; i < 6; i++) {
      new Connection().starts();
    }
    assertThat(readOn()).containsExactly(0, 1);
    assertThat(held).isEqualTo(2L * MIB);
    assertThat(connections.get(5).reservation.isExhausted()).isTrue();
    // What has not got any room holds what one read brought.
    assertThat(allocator.metric().usedHeapMemory()).isLessThan(6L * START.length + 2L * MIB + KIB);

    connections.get(1).finishes();
    assertThat(readOn()).containsExactly(0, 1, 2);
    connections.get(0).finishes();
    assertThat(readOn()).containsExactly(0, 1, 2, 3);
    for (int i = 2; i < 6; i++) {
      connections.get(i).finishes();
    }
    assertThat(held).isZero();
    assertThat(readOn()).hasSize(6);
  }

  @Test
  void whoIsServedGoesBehindThoseWhoWait() {
    Connection first = new Connection().starts();
    new Connection().starts();
    Connection third = new Connection().starts();
    byte[] two = Framing.seal(List.of(Framing.payload(MIB, 1), Framing.payload(MIB, 2))).get(1);
    byte[] restAndStart = Arrays.copyOf(REST, REST.length + 50 * KIB);
    System.arraycopy(two, 0, restAndStart, REST.length, 50 * KIB);

    first.peer.emit(restAndStart);
    assertThat(readOn()).containsExactly(1, 2);
    assertThat(allocator.metric().usedHeapMemory())
        .as("the first frame's buffers are gone")
        .isLessThan(MIB);
    third.finishes();
    assertThat(readOn()).containsExactly(0, 1, 2);
  }

  @Test
  void aSmallerFrameDoesNotGoAheadOfALargerOne() {
    Connection half = new Connection();
    half.reservation.writing(MIB / 2);
    Connection whole = new Connection().starts();
    new Connection().starts();
    Connection smaller = new Connection();
    byte[] frame = Framing.seal(List.of(Framing.payload(100 * KIB, 1))).get(0);
    smaller.peer.emit(Arrays.copyOf(frame, KIB));
    assertThat(readOn()).containsExactly(0, 1);

    whole.finishes();
    assertThat(readOn()).containsExactly(0, 1, 2, 3);
    half.reservation.writing(0);
  }

  @Test
  void smallFramesAreNotCounted() {
    new Connection().starts();
    new Connection().starts();
    for (int size : new int[] {MemoryBudget.UNCOUNTED, MemoryBudget.UNCOUNTED + 1}) {
      Connection small = new Connection();
      byte[] frame = Framing.seal(List.of(Framing.payload(size, 1))).get(0);
      small.peer.emit(Arrays.copyOf(frame, KIB));
      assertThat(small.peer.wantsMore()).isEqualTo(size == MemoryBudget.UNCOUNTED);
    }
    assertThat(held).isEqualTo(2L * MIB);
  }

  @Test
  void whatEndsIsFreeHoweverItEnds() {
    List<Consumer<Connection>> ends =
        List.of(
            one -> one.payloads.cancel(),
            one -> one.peer.fail(new IOException("reset")),
            one -> one.peer.complete(),
            one -> one.reservation.close());
    for (Consumer<Connection> end : ends) {
      Connection holding = new Connection().starts();
      Connection other = new Connection().starts();
      Connection waiting = new Connection().starts();
      Connection next = new Connection().starts();
      end.accept(waiting);
      assertThat(held).isEqualTo(2L * MIB);
      end.accept(holding);
      assertThat(next.peer.wantsMore()).isTrue();
      assertThat(held).isEqualTo(2L * MIB);
      end.accept(other);
      end.accept(next);
      assertThat(held).isZero();
    }
    Connection forged = new Connection();
    byte[] frame = FRAME.clone();
    frame[0] ^= 1;
    forged.peer.emit(Arrays.copyOf(frame, KIB));
    assertThat(held).isEqualTo(MIB);
    forged.peer.emit(Arrays.copyOfRange(frame, KIB, frame.length));
    assertThat(forged.payloads.error()).hasMessageContaining("HMAC");
    assertThat(held).isZero();
  }

  @Test
  void whoHoldsTheMostForTheLongestEndsWhenOthersHaveWaitedLong() {
    Connection writer = new Connection();
    writer.reservation.writing(500 * KIB);
    Connection reader = new Connection().starts();
    scheduler.advanceTimeBy(MemoryBudget.PATIENCE);
    Connection waiting = new Connection().starts();
    scheduler.advanceTimeBy(MemoryBudget.PATIENCE.minusNanos(1));
    assertThat(reader.ended).isEmpty();
    assertThat(readOn()).containsExactly(0, 1);

    scheduler.advanceTimeBy(Duration.ofNanos(1));
    assertThat(reader.ended).containsExactly(Reason.BYTES_EXHAUSTED);
    assertThat(writer.ended).isEmpty();
    // Only its end makes room.
    assertThat(waiting.peer.wantsMore()).isFalse();
    reader.reservation.close();
    assertThat(waiting.peer.wantsMore()).isTrue();
    waiting.reservation.close();
    writer.reservation.writing(0);

    scheduler.advanceTimeBy(Duration.ofDays(1));
    assertThat(Stream.of(writer, reader, waiting).flatMap(one -> one.ended.stream())).hasSize(1);
  }

  @Test
  void nobodyEndsWhoHasNotHeldForLongHoweverLongOthersWait() {
    for (int i = 0; i < 5; i++) {
      new Connection().starts();
    }
    scheduler.advanceTimeBy(Duration.ofSeconds(4));
    connections.get(0).finishes();
    connections.get(1).finishes();
    assertThat(readOn()).containsExactly(0, 1, 2, 3);
    scheduler.advanceTimeBy(MemoryBudget.PATIENCE);
    assertThat(connections).allSatisfy(connection -> assertThat(connection.ended).isEmpty());

    scheduler.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(connections.stream().filter(connection -> !connection.ended.isEmpty())).hasSize(1);
    scheduler.advanceTimeBy(MemoryBudget.PATIENCE);
    assertThat(connections.stream().filter(connection -> !connection.ended.isEmpty()))
        .as("room is on its way")
        .hasSize(1);
  }

  @Test
  void aWriterWhosePeerTakesSomethingDoesNotEnd() {
    Connection writer = new Connection();
    writer.reservation.writing(MIB);
    Connection reader = new Connection().starts();
    new Connection().starts();
    scheduler.advanceTimeBy(Duration.ofSeconds(4));
    writer.reservation.written();
    scheduler.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(reader.ended).hasSize(1);
    assertThat(writer.ended).isEmpty();
    reader.reservation.close();
    new Connection().starts();
    scheduler.advanceTimeBy(MemoryBudget.PATIENCE);
    assertThat(writer.ended).hasSize(1);
    writer.reservation.writing(0);
  }

  @Test
  void oneEndsForAllWhoHaveEnoughRoomThen() {
    Connection reader = new Connection().starts();
    new Connection().reservation.writing(MIB);
    for (int i = 0; i < 5; i++) {
      Connection waiting = new Connection();
      byte[] frame = Framing.seal(List.of(Framing.payload(100 * KIB, 1))).get(0);
      waiting.peer.emit(Arrays.copyOf(frame, KIB));
      assertThat(waiting.peer.wantsMore()).isFalse();
    }
    scheduler.advanceTimeBy(MemoryBudget.PATIENCE);
    assertThat(connections.stream().filter(connection -> !connection.ended.isEmpty())).hasSize(1);
    connections.get(1).reservation.close();
    reader.reservation.close();
    assertThat(readOn()).contains(2, 3, 4, 5, 6);
  }

  @Test
  void aFrameIsReadOnInTheEndThoughNobodyIsToBlame() {
    Connection writer = new Connection();
    writer.reservation.writing(2L * MIB);
    Connection waiting = new Connection().starts();
    Connection next = new Connection().starts();
    for (int second = 1; second < 2 * MemoryBudget.PATIENCE.toSeconds(); second++) {
      scheduler.advanceTimeBy(Duration.ofSeconds(1));
      writer.reservation.written();
      assertThat(waiting.peer.wantsMore()).isFalse();
    }
    scheduler.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(waiting.peer.wantsMore()).isTrue();
    assertThat(next.peer.wantsMore()).isFalse();
    assertThat(writer.ended).isEmpty();
    writer.reservation.writing(0);
  }

  @Test
  void aStrangersLargeFrameIsRefused() {
    for (int size : new int[] {MemoryBudget.UNCOUNTED, MemoryBudget.UNCOUNTED + 1}) {
      LentBuffers peer = new LentBuffers();
      BufferRecorder payloads = BufferRecorder.borrowing();
      Reservation reservation = budget.reservation(scheduler, cause -> {});
      peer.transform(
              Frames.open(Framing.keys(), allocator, new ReadLimits(reservation, () -> null)))
          .subscribe(payloads);
      payloads.request(1);
      peer.emit(Arrays.copyOf(Framing.seal(List.of(Framing.payload(size, 1))).get(0), KIB));
      assertThat(held).isZero();
      if (size == MemoryBudget.UNCOUNTED) {
        assertThat(peer.wantsMore()).isTrue();
        payloads.cancel();
      } else {
        assertThat(((PeerException) payloads.error()).reason()).isEqualTo(Reason.PAYLOAD_TOO_LARGE);
        assertThat(peer.isCancelled()).isTrue();
      }
    }
  }

  @Test
  void writersPassTheBudgetAndEndWhenTheyDoubleIt() {
    Connection large = new Connection();
    Connection small = new Connection();
    large.reservation.writing(3L * MIB);
    assertThat(small.reservation.isExhausted()).isTrue();
    small.reservation.writing(MIB);
    assertThat(large.ended).isEmpty();
    small.reservation.writing(MIB + 1);
    assertThat(large.ended).containsExactly(Reason.BYTES_EXHAUSTED);
    small.reservation.writing(MIB + 2);
    assertThat(small.ended).as("room is on its way").isEmpty();
    large.reservation.writing(0);
    small.reservation.writing(0);
  }

  @Test
  void whoHasRoomOrLeavesHasNoTimerAnyMore() {
    Connection first = new Connection().starts();
    new Connection().starts();
    new Connection().starts();
    Connection leaves = new Connection().starts();
    scheduler.advanceTimeBy(MemoryBudget.PATIENCE.minusNanos(1));
    first.finishes();
    leaves.reservation.close();
    long scheduled = scheduler.getScheduledTaskCount();
    scheduler.advanceTimeBy(Duration.ofDays(1));
    assertThat(scheduler.getScheduledTaskCount()).isEqualTo(scheduled);
    assertThat(connections).allSatisfy(connection -> assertThat(connection.ended).isEmpty());
  }

  @Test
  void aClosedReservationHoldsNothing() {
    Connection connection = new Connection();
    connection.reservation.close();
    connection.reservation.writing(MIB);
    connection.starts();
    assertThat(connection.peer.wantsMore()).isTrue();
    assertThat(held).isZero();
  }

  @Test
  void aBudgetHasRoomForAnyFrame() {
    assertThatThrownBy(() -> new MemoryBudget(2 * MIB - 1, change -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a byte budget has at least 2,097,152 bytes, not 2,097,151");
  }
}
