package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.testing.StubDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.test.scheduler.VirtualTimeScheduler;

class FirstRecordTest {

  private static final int PAYLOAD = 100;

  /** In whole blocks, with the header. */
  private static final int LARGEST = (FirstRecord.MAX_SIZE - Frames.HEADER_SIZE) / 16 * 16;

  /** Of a payload of 100 bytes, whose ciphertext has 112. */
  private final byte[] record = record(PAYLOAD);

  private static byte[] record(int payload) {
    int size = Frames.HEADER_SIZE + (payload + 15) / 16 * 16;
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) i;
    }
    Unpooled.wrappedBuffer(bytes).setLongLE(32, payload);
    return bytes;
  }

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final List<Optional<byte[]>> gathered = new ArrayList<>();

  /** A connection that chunks come from, and then the end. */
  private MemoryDuplex duplex(byte[]... chunks) {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, UnpooledByteBufAllocator.DEFAULT);
    for (byte[] chunk : chunks) {
      ends.acceptor().write(Unpooled.copiedBuffer(chunk), ignored -> {});
    }
    ends.acceptor().shutdownOutput();
    time.advanceTime();
    return ends.dialer();
  }

  private Optional<byte[]> gather(MemoryDuplex duplex) {
    FirstRecord.gather(duplex, Frames.SUITE).subscribe(gathered::add);
    time.advanceTime();
    return gathered.remove(0);
  }

  private byte[] rest(MemoryDuplex duplex) {
    ByteBuf all = Unpooled.buffer();
    AtomicInteger ends = new AtomicInteger();
    duplex.receive().doOnComplete(ends::incrementAndGet).subscribe(all::writeBytes);
    time.advanceTime();
    assertThat(ends).hasValue(1);
    return ByteBufUtil.getBytes(all);
  }

  private static byte[] upTo(byte[] bytes, int end) {
    return Arrays.copyOf(bytes, end);
  }

  private static byte[] from(byte[] bytes, int start) {
    return Arrays.copyOfRange(bytes, start, bytes.length);
  }

  @Test
  void isGatheredUnderEverySplitAndTheRestIsKept() {
    byte[] stream = upTo(record, record.length + 9);
    for (int at = 0; at <= stream.length; at++) {
      MemoryDuplex duplex = duplex(upTo(stream, at), from(stream, at));
      assertThat(gather(duplex)).hasValueSatisfying(it -> assertThat(it).isEqualTo(record));
      assertThat(rest(duplex)).isEqualTo(new byte[9]);
    }
  }

  @Test
  void aLargeOneIsLeftWhereItWas() {
    byte[] stream = record(LARGEST + 1);
    for (int at : new int[] {0, 1, 39, 40, 41, 1000, stream.length}) {
      MemoryDuplex duplex = duplex(upTo(stream, at), from(stream, at));
      assertThat(gather(duplex)).isEmpty();
      assertThat(rest(duplex)).isEqualTo(stream);
    }
  }

  @Test
  void theLargestIsGathered() {
    byte[] stream = record(LARGEST);
    assertThat(gather(duplex(stream))).hasValueSatisfying(it -> assertThat(it).isEqualTo(stream));
  }

  /** What a header claims is compared before anything is made of it. */
  @ParameterizedTest
  @CsvSource({"7fffffffffffffff", "8000000000000000", "ffffffffffffffff", "100001", "100000000"})
  void anyClaimIsLeftToWhoeverReadsWithKeys(String claim) {
    Unpooled.wrappedBuffer(record).setLongLE(32, Long.parseUnsignedLong(claim, 16));
    MemoryDuplex duplex = duplex(record);
    assertThat(gather(duplex)).isEmpty();
    assertThat(rest(duplex)).isEqualTo(record);
  }

  @Test
  void whatCameBeforeAnEndIsLeftWhereItWas() {
    for (int at = 0; at < record.length; at++) {
      MemoryDuplex ended = duplex(upTo(record, at));
      assertThat(gather(ended)).isEmpty();
      assertThat(rest(ended)).isEqualTo(upTo(record, at));
    }
  }

  @Test
  void aBrokenConnectionIsForWhoeverReadsNextToFind() {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, UnpooledByteBufAllocator.DEFAULT);
    FirstRecord.gather(ends.dialer(), Frames.SUITE).subscribe(gathered::add);
    time.advanceTime();
    ends.acceptor().dispose();
    time.advanceTime();
    assertThat(gathered).singleElement().isEqualTo(Optional.empty());
    List<Throwable> failures = new ArrayList<>();
    ends.dialer().receive().subscribe(bytes -> {}, failures::add);
    time.advanceTime();
    assertThat(failures).hasSize(1);
  }

  @Test
  void whoeverCancelsLeavesWhatHasCome() {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, UnpooledByteBufAllocator.DEFAULT);
    Disposable waiting = FirstRecord.gather(ends.dialer(), Frames.SUITE).subscribe(gathered::add);
    ends.acceptor().write(Unpooled.copiedBuffer(record, 0, 60), ignored -> {});
    time.advanceTime();
    waiting.dispose();
    ends.acceptor().shutdownOutput();
    time.advanceTime();
    assertThat(gathered).isEmpty();
    assertThat(rest(ends.dialer())).isEqualTo(upTo(record, 60));
  }

  @Test
  void asksForNoMoreThanTheRecord() {
    LentBuffers input = new LentBuffers();
    FirstRecord.gather(new StubDuplex(input), Frames.SUITE).subscribe(gathered::add);
    input.emit(upTo(record, 40));
    input.emit(from(record, 40));
    assertThat(gathered).hasSize(1);
    assertThat(input.requested()).isEqualTo(2);
    assertThat(input.isCancelled()).isTrue();
  }

  // In a handshake

  /** Counts the tasks that a scheduler is given. */
  private record Counting(Scheduler scheduler, AtomicInteger tasks) implements Scheduler {

    @Override
    public Disposable schedule(Runnable task) {
      tasks.incrementAndGet();
      return scheduler.schedule(task);
    }

    @Override
    public Worker createWorker() {
      Worker worker = scheduler.createWorker();
      return new Worker() {
        @Override
        public Disposable schedule(Runnable task) {
          tasks.incrementAndGet();
          return worker.schedule(task);
        }

        @Override
        public void dispose() {
          worker.dispose();
        }
      };
    }
  }

  /** One side, whose computing is counted. */
  private final class Side {

    final AtomicInteger tasks = new AtomicInteger();
    final List<Secured> secured = new ArrayList<>();
    private final Handshake.Run run;

    Side(MemoryDuplex duplex, Role role, UpgradePolicy policy) {
      run =
          V3Handshake.of(
                  NodeKey.generate(),
                  EphemeralKeys.from(Secp256k1::preferred, time),
                  new Counting(time, tasks))
              .upgrade(policy)
              .over(duplex, role, ReadLimits.NONE, ignored -> {});
      run.secure().subscribe(secured::add);
    }

    void end() {
      RecordSealer unused = run.release();
      if (unused != null) {
        unused.destroy();
      }
      for (Secured records : secured) {
        records.opener().destroy();
        records.sealer().destroy();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void oneTaskDoesAllThatADialerComputes(Mode upgrade) {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, UnpooledByteBufAllocator.DEFAULT);
    UpgradePolicy policy =
        switch (upgrade) {
          case OFF -> UpgradePolicy.off();
          case ALLOWED -> UpgradePolicy.allowed();
          case REQUIRED -> UpgradePolicy.required();
        };
    Side acceptor = new Side(ends.acceptor(), Role.ACCEPTOR, policy);
    Side dialer = new Side(ends.dialer(), Role.DIALER, policy);
    time.advanceTime();
    // An upgraded dialer still waits for READY, which comes with the session behind the handshake.
    assertThat(acceptor.secured).hasSize(1);
    assertThat(dialer.tasks).hasValue(1);
    // An acceptor has to prove itself before the dialer does, and to verify that afterwards.
    assertThat(acceptor.tasks).hasValue(2);
    acceptor.end();
    dialer.end();
  }

  /** Its agreement does not wait for good: a key that is no point is found without a proof. */
  @Test
  void aDialerComputesWithoutAProofThatDoesNotCome() {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(time, UnpooledByteBufAllocator.DEFAULT);
    List<Throwable> failures = new ArrayList<>();
    V3Handshake.of(NodeKey.generate(), EphemeralKeys.from(Secp256k1::preferred, time), time)
        .over(ends.dialer(), Role.DIALER, ReadLimits.NONE, ignored -> {})
        .secure()
        .subscribe(secured -> {}, failures::add);
    byte[] noPoint = new byte[33];
    Arrays.fill(noPoint, (byte) 0xff);
    noPoint[0] = 2;
    ends.acceptor().write(Unpooled.wrappedBuffer(noPoint), ignored -> {});
    time.advanceTimeBy(V3Run.PROOF_WAIT.minusMillis(1));
    assertThat(failures).isEmpty();
    time.advanceTimeBy(V3Run.PROOF_WAIT);
    assertThat(failures)
        .singleElement()
        .satisfies(
            it ->
                assertThat(((PeerException) it).reason())
                    .isEqualTo(Reason.SESSION_KEY_NOT_ON_CURVE));
  }

  /** Late, and in two parts: one before the dialer has stopped to wait, one behind it. */
  @Test
  void aProofThatComesLateIsReadAllTheSame() {
    UpgradeFixture dialer = new UpgradeFixture(Role.DIALER, UpgradePolicy.off());
    ByteBuf payload =
        PacketCodec.pkt().encode(dialer.peer.proof(null), UnpooledByteBufAllocator.DEFAULT);
    dialer.peer.sealer().add(payload);
    byte[] proof = ByteBufUtil.getBytes(dialer.peer.sealer().flush());
    dialer.peer.send(upTo(proof, 50));
    dialer.time.advanceTimeBy(V3Run.PROOF_WAIT);
    assertThat(dialer.isOver()).isFalse();
    dialer.peer.send(from(proof, 50));
    assertThat(dialer.peer.next()).isNotNull();
    assertThat(dialer.secured().peer()).isEqualTo(dialer.peer.key.id());
    dialer.cancel();
  }
}
