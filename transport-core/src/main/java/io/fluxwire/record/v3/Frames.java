package io.fluxwire.record.v3;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.PacketException;
import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.Records;
import io.fluxwire.record.WireLog;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.function.Function;
import org.slf4j.Logger;
import reactor.core.publisher.Flux;

/**
 * Version 3's records, which are frames, and the two operators for them, for {@link
 * Flux#transform}. A frame (protocol.md section 3) is
 *
 * <pre>
 *   HMAC-SHA-256 | totlen, le64 | payload, zero-padded to a multiple of 16, AES-128-CTR
 *   32 bytes       8 bytes        16 × n bytes
 * </pre>
 *
 * <p>The cipher's state belongs to the one subscription that {@link DirectionKeys} allow.
 */
public final class Frames {

  /** The largest payload: 1 MiB. */
  public static final int MAX_PAYLOAD = 1 << 20;

  /** The bytes of a frame before its ciphertext: 40. */
  public static final int HEADER_SIZE = 40;

  static final int BLOCK = 16;

  /**
   * The suite of these frames: one for each payload, many to a flush. Its opener gives heap
   * buffers; its sealer has heap buffers for small frames, direct ones (where the allocator has
   * them) for frames over 4 KiB and for many small ones.
   */
  public static final RecordSuite SUITE =
      new RecordSuite() {
        @Override
        public RecordOpener opener(DirectionKeys keys, ByteBufAllocator allocator) {
          return new FrameOpener(keys.start(), allocator);
        }

        @Override
        public RecordSealer sealer(DirectionKeys keys, ByteBufAllocator allocator) {
          return new FrameSealer(keys.start(), allocator);
        }

        @Override
        public int headerSize() {
          return HEADER_SIZE;
        }

        @Override
        public long firstRecordSize(byte[] header) {
          long payload = Unpooled.wrappedBuffer(header).getLongLE(StreamCipher.MAC_SIZE);
          return Long.compareUnsigned(payload, MAX_PAYLOAD) > 0
              ? Long.MAX_VALUE
              : HEADER_SIZE + padded((int) payload);
        }

        @Override
        public WireLog wireLog(Logger log, String connection, int sessionKey) {
          return new FrameLog(log, connection, sessionKey);
        }
      };

  private Frames() {}

  /**
   * Opens the frames of one direction: bytes in, cut anyhow, payloads out.
   *
   * <p>One payload is emitted for each one requested, and the source is asked for one more buffer
   * only while a requested payload is not whole. Memory for a frame grows with what arrives of it.
   * At most one source buffer is held back.
   *
   * <p>Completes when the source does between two frames, after the payloads that it brought.
   * Errors with {@link FrameIntegrityException} at the first frame that breaks a rule, which is not
   * emitted and after which nothing is read; with {@link ConnectionClosedException} when the source
   * completes inside a frame. A source's error is passed on at once. Errors with {@link
   * IllegalStateException} when the keys were used before.
   *
   * <p>Source buffers are borrowed and never released by this; payloads are lent downstream and
   * released when {@code onNext} returns. Emits on the source's thread or on the one that requests.
   *
   * @param keys the keys of the direction, used up by the subscription
   * @param allocator gives heap buffers for payloads
   * @return the operator
   */
  public static Function<Flux<ByteBuf>, Flux<ByteBuf>> open(
      DirectionKeys keys, ByteBufAllocator allocator) {
    return open(keys, allocator, ReadLimits.NONE);
  }

  /**
   * As {@link #open(DirectionKeys, ByteBufAllocator)}, with bounds.
   *
   * @param keys the keys of the direction, used up by the subscription
   * @param allocator gives heap buffers for payloads
   * @param limits a deadline for the rest of a frame that has started, and a gate for large ones
   * @return the operator
   */
  public static Function<Flux<ByteBuf>, Flux<ByteBuf>> open(
      DirectionKeys keys, ByteBufAllocator allocator, ReadLimits limits) {
    return Records.open(() -> SUITE.opener(keys, allocator), limits);
  }

  /**
   * Seals payloads of 1 byte to 1 MiB into frames, one for one.
   *
   * <p>Completes and errors with its source; errors with {@link PacketException} at a payload that
   * is empty or too large, and with {@link IllegalStateException} when the keys were used before.
   *
   * <p>Payloads are released by this; frames are the downstream's to release. Seals on the source's
   * thread.
   *
   * @param keys the keys of the direction, used up by the subscription
   * @param allocator gives heap buffers for small frames, direct ones (where it has them) for
   *     frames over 4 KiB
   * @return the operator
   */
  public static Function<Flux<ByteBuf>, Flux<ByteBuf>> seal(
      DirectionKeys keys, ByteBufAllocator allocator) {
    return Records.seal(() -> SUITE.sealer(keys, allocator));
  }

  /** How many bytes of ciphertext a payload takes: its size rounded up to whole blocks. */
  static int padded(int payload) {
    return (payload + BLOCK - 1) & -BLOCK;
  }
}
