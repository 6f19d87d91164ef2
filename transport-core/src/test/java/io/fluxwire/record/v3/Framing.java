package io.fluxwire.record.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.LentBuffers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import reactor.core.publisher.Flux;

/** Streams of frames for tests, sealed and opened under one fixed set of keys. */
public final class Framing {

  /** Why a stream can be refused that is not what was sealed, or not all of it. */
  static final Set<Reason> REFUSALS =
      EnumSet.of(
          Reason.MAC_MISMATCH,
          Reason.TOTLEN_BACKWARDS,
          Reason.PAYLOAD_TOO_LARGE,
          Reason.PADDING_NOT_ZERO,
          Reason.FRAME_TRUNCATED);

  private Framing() {}

  /** Why a stream was refused. */
  static Reason refusal(BufferRecorder opened) {
    return ((PeerException) Objects.requireNonNull(opened.error())).reason();
  }

  /**
   * Passes if a stream was refused: as one that was changed, or as one that ended inside a frame,
   * which is how a changed stream looks whose last length is too large.
   */
  public static void assertRefused(BufferRecorder opened) {
    assertThat(opened.error())
        .isInstanceOfSatisfying(
            PeerException.class,
            refused -> {
              assertThat(refused.reason()).isIn(REFUSALS);
              assertThat(refused)
                  .isInstanceOf(
                      refused.reason() == Reason.FRAME_TRUNCATED
                          ? ConnectionClosedException.class
                          : FrameIntegrityException.class);
            });
  }

  /** Always the same keys, fresh. */
  public static DirectionKeys keys() {
    byte[] sender = new byte[33];
    Arrays.fill(sender, (byte) 3);
    return DirectionKeys.derive(new byte[32], sender);
  }

  /** An allocator whose metric counts what is not released. */
  public static UnpooledByteBufAllocator allocator() {
    return new UnpooledByteBufAllocator(false, true);
  }

  /** A payload of a size, whose content depends on the seed. */
  public static byte[] payload(int size, long seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** One frame for each payload. */
  public static List<byte[]> seal(List<byte[]> payloads) {
    return seal(keys(), payloads);
  }

  /** One frame for each payload. */
  public static List<byte[]> seal(DirectionKeys keys, List<byte[]> payloads) {
    UnpooledByteBufAllocator allocator = allocator();
    BufferRecorder frames = BufferRecorder.owning();
    Flux.fromIterable(payloads)
        .<ByteBuf>map(payload -> Unpooled.wrappedBuffer(payload))
        .transform(Frames.seal(keys, allocator))
        .subscribe(frames);
    frames.requestUnbounded();
    requireReleased(allocator);
    if (!frames.isCompleted()) {
      throw new AssertionError("sealing failed", frames.error());
    }
    return frames.received();
  }

  /** Opens a stream that is cut into these chunks and then ends. */
  public static BufferRecorder open(List<byte[]> chunks) {
    return open(keys(), chunks);
  }

  /** Opens a stream that is cut into these chunks and then ends. */
  public static BufferRecorder open(DirectionKeys keys, List<byte[]> chunks) {
    UnpooledByteBufAllocator allocator = allocator();
    BufferRecorder payloads = BufferRecorder.borrowing();
    LentBuffers.of(chunks).transform(Frames.open(keys, allocator)).subscribe(payloads);
    payloads.requestUnbounded();
    requireReleased(allocator);
    return payloads;
  }

  /** One frame that need not keep the rules: any totlen, any padding, under the right HMAC. */
  static byte[] forge(StreamCipher cipher, long totlen, byte[] plain) {
    byte[] frame = new byte[Frames.HEADER_SIZE + plain.length];
    ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).putLong(StreamCipher.MAC_SIZE, totlen);
    cipher.crypt(plain, 0, plain.length, frame, Frames.HEADER_SIZE);
    cipher.beginMac(frame.length - StreamCipher.MAC_SIZE);
    cipher.authenticate(frame, StreamCipher.MAC_SIZE, frame.length - StreamCipher.MAC_SIZE);
    cipher.mac(frame, 0);
    return frame;
  }

  /** All in one. */
  public static byte[] join(List<byte[]> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** In pieces of one size; the last one may be shorter. */
  public static List<byte[]> cut(byte[] bytes, int size) {
    List<byte[]> pieces = new ArrayList<>();
    for (int start = 0; start < bytes.length; start += size) {
      pieces.add(Arrays.copyOfRange(bytes, start, Math.min(bytes.length, start + size)));
    }
    return pieces;
  }

  /** In two. */
  public static List<byte[]> split(byte[] bytes, int at) {
    return List.of(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at, bytes.length));
  }

  private static void requireReleased(UnpooledByteBufAllocator allocator) {
    long used = allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
    if (used != 0) {
      throw new AssertionError(used + " bytes were not released");
    }
  }
}
