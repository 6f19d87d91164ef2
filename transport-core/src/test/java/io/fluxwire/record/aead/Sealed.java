package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.AeadCipher;
import io.fluxwire.crypto.TrafficSecret;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ControlListener;
import io.fluxwire.record.Padding;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Upgraded records for tests, under one fixed secret. */
public final class Sealed {

  /** Why a stream can be refused that is not what was sealed, or not all of it. */
  static final Set<Reason> REFUSALS = EnumSet.of(Reason.TAG_MISMATCH, Reason.STREAM_TRUNCATED);

  static final Sealing PLAIN = new Sealing(Padding.none(), Duration.ofHours(1), () -> 0);

  private Sealed() {}

  /** Always the same, fresh. */
  public static TrafficSecret secret() {
    byte[] secret = new byte[TrafficSecret.SIZE];
    Arrays.fill(secret, (byte) 5);
    return TrafficSecret.of(secret);
  }

  /** An allocator whose metric counts what is not released. */
  public static UnpooledByteBufAllocator allocator() {
    return new UnpooledByteBufAllocator(false, true);
  }

  static RecordSealer sealer(Aead aead) {
    return AeadRecords.sealer(aead, secret(), allocator(), PLAIN);
  }

  static void requireReleased(UnpooledByteBufAllocator allocator) {
    assertThat(allocator.metric().usedHeapMemory()).as("heap bytes in use").isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("direct bytes in use").isZero();
  }

  static byte[] bytes(ByteBuf owned) {
    byte[] bytes = new byte[owned.readableBytes()];
    owned.readBytes(bytes);
    owned.release();
    return bytes;
  }

  static byte[] random(int size, long seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static byte[] join(List<byte[]> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits.replace(" ", ""));
  }

  /** Seals bodies that need not keep any rule. */
  static final class Forger {

    private final AeadCipher cipher = AeadCipher.sealing(Aead.AES_128_GCM, secret());

    byte[] record(byte[] body) {
      return record(body.length, body);
    }

    byte[] record(int length, byte[] body) {
      byte[] record = new byte[body.length + AeadSealer.OVERHEAD];
      cipher.seal(new byte[] {(byte) (length >> 8), (byte) length}, 0, 2, record, 0);
      cipher.seal(body, 0, body.length, record, 18);
      return record;
    }

    Forger rotate() {
      cipher.rotate();
      return this;
    }
  }

  /** What an opener made of a stream. */
  static final class Opened implements ControlListener {

    final List<byte[]> payloads = new ArrayList<>();
    final List<Long> pings = new ArrayList<>();
    final List<Long> pongs = new ArrayList<>();

    /** What came of a channel, packets included, in its order. */
    final List<Object> ofChannel = new ArrayList<>();

    int records;
    boolean ended;
    @Nullable PeerException error;

    @Override
    public void onRecord() {
      records++;
    }

    @Override
    public boolean onPing(long value) {
      pings.add(value);
      return true;
    }

    @Override
    public void onPong(long value) {
      pongs.add(value);
    }

    @Override
    public void onChannel(ChannelFrame frame) {
      ofChannel.add(frame);
    }

    @Override
    public void onAcknowledged(long next) {
      ofChannel.add(next);
    }

    private void took(byte[] payload) {
      payloads.add(payload);
      ofChannel.add(HexFormat.of().formatHex(payload));
    }

    @Nullable Reason reason() {
      return error == null ? null : error.reason();
    }

    List<String> hex() {
      return payloads.stream().map(HexFormat.of()::formatHex).toList();
    }
  }

  static Opened open(Aead aead, ReadyRule ready, List<byte[]> pieces) {
    return open(aead, secret(), ready, pieces);
  }

  static Opened open(Aead aead, TrafficSecret secret, ReadyRule ready, List<byte[]> pieces) {
    return open(aead, secret, ready, 0, pieces);
  }

  /** Opens a stream that comes in pieces and then ends; checks that nothing is leaked. */
  static Opened open(
      Aead aead, TrafficSecret secret, ReadyRule ready, long features, List<byte[]> pieces) {
    UnpooledByteBufAllocator allocator = allocator();
    RecordOpener opener = AeadRecords.opener(aead, secret, allocator, ready, features);
    Opened opened = new Opened();
    opener.listener(opened);
    try {
      for (byte[] piece : pieces) {
        ByteBuf in = Unpooled.wrappedBuffer(piece);
        for (ByteBuf payload = opener.next(in); payload != null; payload = opener.next(in)) {
          opened.took(bytes(payload));
        }
        assertThat(in.isReadable()).as("bytes left").isFalse();
        opener.idle();
      }
      opener.inputEnded();
      opened.ended = opener.isEnded();
    } catch (PeerException e) {
      opened.error = e;
    } finally {
      opener.destroy();
    }
    requireReleased(allocator);
    return opened;
  }
}
