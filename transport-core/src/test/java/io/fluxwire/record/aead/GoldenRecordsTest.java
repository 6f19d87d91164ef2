package io.fluxwire.record.aead;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.TrafficSecret;
import io.fluxwire.record.ControlSealer;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.testing.GoldenSessions.Hex;
import io.fluxwire.testing.GoldenUpgrades;
import io.fluxwire.testing.GoldenUpgrades.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The golden records, sealed and opened. Some bodies no sealer of ours would write: those are
 * rebuilt here from what the file says of them, and sealed by the cipher alone.
 */
class GoldenRecordsTest {

  static Stream<Direction> directions() {
    return GoldenUpgrades.directions();
  }

  @ParameterizedTest
  @MethodSource("directions")
  void eachRecordIsSealedByteForByte(Direction golden) {
    GoldenStream stream = new GoldenStream(golden);
    for (int i = 0; i < golden.records().size(); i++) {
      var expected = golden.records().get(i);
      assertThat(sha256(stream.bodies.get(i)))
          .as("body of " + expected.note())
          .isEqualTo(expected.bodySha256().digits());
      assertThat(sha256(stream.records.get(i)))
          .as(expected.note())
          .isEqualTo(expected.recordSha256().digits());
      Hex record = expected.record();
      if (record != null) {
        assertThat(hex(stream.records.get(i))).isEqualTo(record.digits());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("directions")
  void theStreamIsOpenedHoweverItIsCut(Direction golden) {
    byte[] all = Sealed.join(new GoldenStream(golden).records);
    for (int seed = 0; seed < 8; seed++) {
      assertOpened(golden, pieces(all, new Random(seed), seed == 0 ? all.length : 1 << (2 * seed)));
    }
    assertOpened(golden, pieces(all, new Random(), 1));
  }

  private static void assertOpened(Direction golden, List<byte[]> pieces) {
    Sealed.Opened opened =
        Sealed.open(
            aead(golden),
            secret(golden),
            golden.byDialler() ? ReadyRule.REFUSED : ReadyRule.EXPECTED,
            pieces);
    assertThat(opened.records).isEqualTo(golden.records().size());
    if (golden.byDialler()) {
      assertThat(opened.error).isNull();
      assertThat(opened.ended).isTrue();
      assertThat(opened.pings).containsExactly(0x0001020304050607L, 0x6265747765656e21L);
      assertThat(opened.payloads.stream().map(payload -> payload.length))
          .containsExactly(10, 16, 1, 1000, 20, 33, 2, 3, 30, 1 << 20);
      assertThat(opened.payloads.get(9)).isEqualTo(filler(1 << 20));
    } else {
      assertThat(opened.pongs).containsExactly(0x0001020304050607L);
      assertThat(opened.payloads.get(0)).as("READY").isEmpty();
      int behindReady = golden.records().get(0).bodyLength() == 2 ? 0 : 7;
      assertThat(opened.payloads.stream().skip(1).map(payload -> payload.length))
          .containsExactlyElementsOf(behindReady == 0 ? List.of(5) : List.of(behindReady, 5));
      assertThat(opened.payloads.get(opened.payloads.size() - 1)).isEqualTo(filler(5));
      assertThat(opened.error).hasMessageContaining("why");
    }
  }

  /** What our sealer makes of packets and controls, where it would write what is golden. */
  @ParameterizedTest
  @MethodSource("directions")
  void theSealerWritesTheGoldenRecords(Direction golden) {
    RecordSealer sealer =
        AeadRecords.sealer(aead(golden), secret(golden), Sealed.allocator(), Sealed.PLAIN);
    ControlSealer control = Objects.requireNonNull(sealer.control());
    List<byte[]> sealed = new ArrayList<>();
    if (golden.byDialler()) {
      byte[] first = Sealed.hex("c202070a0568656c6c6f");
      add(sealer, first, first.length);
      sealed.add(Sealed.bytes(sealer.flush()));
      add(sealer, filler(16), 16);
      add(sealer, filler(1), 1);
      add(sealer, filler(1000), 1000);
      sealed.add(Sealed.bytes(sealer.flush()));
      control.ping(0x0001020304050607L);
      sealed.add(Sealed.bytes(sealer.flush()));
    } else {
      boolean alone = golden.records().get(0).bodyLength() == 2;
      if (!alone) {
        control.keepAwake();
      }
      control.ready();
      if (!alone) {
        add(sealer, filler(7), 7);
      }
      sealed.add(Sealed.bytes(sealer.flush()));
      control.pong(0x0001020304050607L);
      add(sealer, filler(5), 5);
      sealed.add(Sealed.bytes(sealer.flush()));
      control.end("why");
      sealed.add(Sealed.bytes(sealer.flush()));
    }
    sealer.destroy();
    assertThat(sealed.stream().map(GoldenRecordsTest::sha256))
        .containsExactlyElementsOf(
            golden.records().subList(0, 3).stream()
                .map(record -> record.recordSha256().digits())
                .toList());
  }

  @Test
  void keysAreReplacedByCount() {
    Direction golden = new Direction(GoldenUpgrades.all().get(0), true);
    RecordSealer sealer =
        AeadRecords.sealer(aead(golden), secret(golden), Sealed.allocator(), Sealed.PLAIN);
    var opener =
        AeadRecords.opener(aead(golden), secret(golden), Sealed.allocator(), ReadyRule.REFUSED);
    ControlSealer control = Objects.requireNonNull(sealer.control());
    String last = "";
    String next = "";
    for (int i = 0; i <= 524_288; i++) {
      control.keepAwake();
      ByteBuf record = sealer.flush();
      if (i == 524_287) {
        last = hex(copy(record));
      } else if (i == 524_288) {
        next = hex(copy(record));
      }
      assertThat(opener.next(record)).isNull();
      record.release();
    }
    assertThat(last).isEqualTo(GoldenUpgrades.rotationByCount().last().digits());
    assertThat(next).isEqualTo(GoldenUpgrades.rotationByCount().next().digits());
    sealer.destroy();
    opener.destroy();
  }

  private static byte[] copy(ByteBuf record) {
    byte[] bytes = new byte[record.readableBytes()];
    record.getBytes(record.readerIndex(), bytes);
    return bytes;
  }

  private static void add(RecordSealer sealer, byte[] bytes, int length) {
    sealer.add(Unpooled.wrappedBuffer(bytes, 0, length));
  }

  /** The golden bodies, and the records that our cipher makes of them. */
  private static final class GoldenStream {

    final List<byte[]> bodies = new ArrayList<>();
    final List<byte[]> records = new ArrayList<>();

    GoldenStream(Direction golden) {
      var cipher = io.fluxwire.crypto.AeadCipher.sealing(aead(golden), secret(golden));
      int epoch = 0;
      int parts = 0;
      for (var record : golden.records()) {
        Hex given = record.body();
        byte[] body;
        if (given != null) {
          body = given.bytes();
        } else if (record.note().startsWith("three")) {
          body = threePackets();
        } else {
          body = part(parts++);
        }
        bodies.add(body);
        for (; epoch < record.epoch(); epoch++) {
          cipher.rotate();
        }
        byte[] sealed = new byte[body.length + AeadSealer.OVERHEAD];
        cipher.seal(new byte[] {(byte) (body.length >> 8), (byte) body.length}, 0, 2, sealed, 0);
        cipher.seal(body, 0, body.length, sealed, 18);
        records.add(sealed);
      }
      cipher.destroy();
    }

    private static byte[] threePackets() {
      ByteBuf body = Unpooled.buffer();
      for (int size : new int[] {16, 1, 1000}) {
        Tlv.writeHead(body, Tlv.PACKET, size);
        body.writeBytes(filler(size));
      }
      return Sealed.bytes(body);
    }

    private static byte[] part(int number) {
      byte[] all = filler(1 << 20);
      int start = number * 65_000;
      int size = Math.min(65_000, all.length - start);
      ByteBuf body = Unpooled.buffer();
      Tlv.writeHead(body, start + size == all.length ? Tlv.PACKET : Tlv.PART, size);
      body.writeBytes(all, start, size);
      return Sealed.bytes(body);
    }
  }

  /** The SHA-256 of "fluxwire" over and over. */
  private static byte[] filler(int size) {
    byte[] once = digest("fluxwire".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    byte[] filler = new byte[size];
    for (int i = 0; i < size; i++) {
      filler[i] = once[i % once.length];
    }
    return filler;
  }

  private static List<byte[]> pieces(byte[] all, Random random, int most) {
    List<byte[]> pieces = new ArrayList<>();
    for (int start = 0; start < all.length; ) {
      int end = Math.min(all.length, start + 1 + (most == 1 ? 0 : random.nextInt(most)));
      pieces.add(Arrays.copyOfRange(all, start, end));
      start = end;
    }
    return pieces;
  }

  private static Aead aead(Direction golden) {
    return Aead.of(golden.session().aead()).orElseThrow();
  }

  private static TrafficSecret secret(Direction golden) {
    return TrafficSecret.of(golden.keys().secret().bytes());
  }

  private static String sha256(byte[] bytes) {
    return hex(digest(bytes));
  }

  private static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
