package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.testing.BufferRecorder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.arbitraries.ListArbitrary;
import net.jqwik.api.constraints.IntRange;

/** 10,000 cases in all. */
class FramingPropertiesTest {

  @Provide
  Arbitrary<List<byte[]>> payloads() {
    return listOf(Arbitraries.integers().between(1, 600)).ofMinSize(0).ofMaxSize(12);
  }

  /** Of 16 bytes at least: below, a deleted frame may go unseen (protocol.md section 3). */
  @Provide
  Arbitrary<List<byte[]>> undeletable() {
    return listOf(Arbitraries.integers().between(16, 600)).ofMinSize(2).ofMaxSize(8);
  }

  @Provide
  Arbitrary<List<byte[]>> oneOrMore() {
    return listOf(Arbitraries.integers().between(1, 200)).ofMinSize(1).ofMaxSize(5);
  }

  private static ListArbitrary<byte[]> listOf(Arbitrary<Integer> sizes) {
    return Combinators.combine(sizes, Arbitraries.longs()).as(Framing::payload).list();
  }

  @Property(tries = 3000)
  void payloadsArriveWholeAndInOrderUnderAnyChunking(
      @ForAll("payloads") List<byte[]> payloads,
      @ForAll long chunking,
      @ForAll @IntRange(min = 1, max = 2000) int largest) {
    Random random = new Random(chunking);
    byte[] stream = Framing.join(Framing.seal(payloads));
    List<byte[]> chunks = new ArrayList<>();
    for (int start = 0; start < stream.length; ) {
      int end = Math.min(stream.length, start + random.nextInt(largest + 1));
      chunks.add(Arrays.copyOfRange(stream, start, end));
      start = end;
    }
    BufferRecorder opened = Framing.open(chunks);
    assertThat(opened.error()).isNull();
    assertThat(opened.isCompleted()).isTrue();
    assertThat(opened.received()).hasSameSizeAs(payloads);
    assertPrefix(opened, payloads);
  }

  @Property(tries = 2500)
  void anyFlippedBitIsFound(@ForAll("oneOrMore") List<byte[]> payloads, @ForAll long where) {
    byte[] stream = Framing.join(Framing.seal(payloads));
    int bit = (int) Math.floorMod(where, 8L * stream.length);
    stream[bit / 8] ^= (byte) (1 << bit % 8);
    assertRefused(stream, payloads);
  }

  @Property(tries = 1000)
  void anyDroppedByteIsFound(@ForAll("oneOrMore") List<byte[]> payloads, @ForAll long where) {
    byte[] stream = Framing.join(Framing.seal(payloads));
    int at = (int) Math.floorMod(where, (long) stream.length);
    byte[] altered = new byte[stream.length - 1];
    System.arraycopy(stream, 0, altered, 0, at);
    System.arraycopy(stream, at + 1, altered, at, altered.length - at);
    assertRefused(altered, payloads);
  }

  @Property(tries = 1000)
  void anyRepeatedByteIsFound(@ForAll("oneOrMore") List<byte[]> payloads, @ForAll long where) {
    byte[] stream = Framing.join(Framing.seal(payloads));
    int at = (int) Math.floorMod(where, (long) stream.length);
    byte[] altered = new byte[stream.length + 1];
    System.arraycopy(stream, 0, altered, 0, at + 1);
    System.arraycopy(stream, at, altered, at + 1, stream.length - at);
    assertRefused(altered, payloads);
  }

  /** But for the last: version 3 has no authenticated end. */
  @Property(tries = 1000)
  void anyDroppedFrameIsFound(
      @ForAll("undeletable") List<byte[]> payloads, @ForAll @IntRange(min = 0) int which) {
    List<byte[]> frames = new ArrayList<>(Framing.seal(payloads));
    frames.remove(which % (frames.size() - 1));
    assertRefused(Framing.join(frames), payloads);
  }

  @Property(tries = 750)
  void anyRepeatedFrameIsFound(
      @ForAll("oneOrMore") List<byte[]> payloads,
      @ForAll @IntRange(min = 0) int which,
      @ForAll @IntRange(min = 0) int later) {
    List<byte[]> frames = new ArrayList<>(Framing.seal(payloads));
    int repeated = which % frames.size();
    frames.add(repeated + 1 + later % (frames.size() - repeated), frames.get(repeated));
    assertRefused(Framing.join(frames), payloads);
  }

  @Property(tries = 750)
  void anySwappedFramesAreFound(
      @ForAll("undeletable") List<byte[]> payloads,
      @ForAll @IntRange(min = 0) int which,
      @ForAll @IntRange(min = 0) int other) {
    List<byte[]> frames = new ArrayList<>(Framing.seal(payloads));
    int first = which % (frames.size() - 1);
    int second = first + 1 + other % (frames.size() - 1 - first);
    Collections.swap(frames, first, second);
    assertRefused(Framing.join(frames), payloads);
  }

  private static void assertRefused(byte[] stream, List<byte[]> payloads) {
    BufferRecorder opened = Framing.open(List.of(stream));
    Framing.assertRefused(opened);
    assertThat(opened.isCompleted()).isFalse();
    assertPrefix(opened, payloads);
  }

  private static void assertPrefix(BufferRecorder opened, List<byte[]> payloads) {
    assertThat(opened.received()).hasSizeLessThanOrEqualTo(payloads.size());
    for (int i = 0; i < opened.received().size(); i++) {
      assertThat(opened.received().get(i)).isEqualTo(payloads.get(i));
    }
  }
}
