package io.fluxwire.handshake.v3;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.crypto.KemKeyPair;
import io.fluxwire.crypto.KemKeyPairs;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SecretHolders;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeyPairs;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.testing.GoldenSessions.Hex;
import io.fluxwire.testing.GoldenUpgrades;
import io.fluxwire.testing.GoldenUpgrades.Upgrade;
import io.fluxwire.testing.LentBuffers;
import io.fluxwire.testing.StubDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.scheduler.Schedulers;

/** Both roles of the golden upgraded sessions, from the first byte to the first records. */
class GoldenUpgradeTest {

  private static final Secp256k1 CURVE = Secp256k1.preferred();

  /** What the golden ciphertext encapsulates, by FIPS 203's K-PKE.Decrypt. */
  private static final byte[] KEM_MESSAGE =
      HexFormat.of().parseHex("b6356266a288f99231b809d3c888bf30989da9fb147f1f5b7bcb871633d4a702");

  /** Gives the golden randomness. */
  private static final class GoldenRandom extends SecureRandom {

    private static final long serialVersionUID = 1L;

    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(KEM_MESSAGE, 0, bytes, 0, bytes.length);
    }
  }

  static List<Upgrade> sessions() {
    return GoldenUpgrades.all();
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void diallerIsTheGoldenOneByteForByteUnderAnySplit(Upgrade golden) {
    byte[] arriving = concat(golden.acceptorSessionKey(), golden.acceptorAuthenticateFrame());
    byte[] ready = record(golden.acceptorRecords().get(0));
    for (List<byte[]> chunks : splits(concat(arriving, ready), arriving.length)) {
      StubDuplex duplex = new StubDuplex(LentBuffers.resuming(chunks));
      Secured secured =
          run(golden, Role.DIALER, duplex, policy(golden, Aead.of(golden.aead()).orElseThrow()));

      assertThat(hex(duplex.written()))
          .isEqualTo(golden.diallerSessionKey().digits() + golden.diallerAuthenticateFrame());
      assertParameters(golden, secured);
      secured.sealer().add(Unpooled.copiedBuffer(bytes("0a0568656c6c6f")));
      assertThat(flushed(secured)).isNotEmpty();
      secured.destroy();
    }
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void acceptorIsTheGoldenOneByteForByteUnderAnySplit(Upgrade golden) {
    byte[] arriving = concat(golden.diallerSessionKey(), golden.diallerAuthenticateFrame());
    byte[] first = record(golden.diallerRecords().get(0));
    UpgradePolicy offered =
        policy(golden, UpgradeOffer.parse(offer(golden)).ciphers().toArray(Aead[]::new));
    for (List<byte[]> chunks : splits(concat(arriving, first), arriving.length)) {
      StubDuplex duplex = new StubDuplex(LentBuffers.resuming(chunks));
      Secured secured = run(golden, Role.ACCEPTOR, duplex, offered);

      assertThat(hex(duplex.written()))
          .isEqualTo(golden.acceptorSessionKey().digits() + golden.acceptorAuthenticateFrame());
      assertParameters(golden, secured);
      GoldenUpgrades.Sealed ready = golden.acceptorRecords().get(0);
      Objects.requireNonNull(secured.sealer().control()).ready();
      byte[] sealed = flushed(secured);
      // In one session it shares its record with something else.
      if (Objects.requireNonNull(ready.body()).digits().equals("0700")) {
        assertThat(sealed).isEqualTo(record(ready));
      }
      List<String> packets = new ArrayList<>();
      duplex
          .receive()
          .doOnNext(
              bytes -> {
                ByteBuf packet = secured.opener().next(bytes);
                if (packet != null) {
                  packets.add(hex(ByteBufUtil.getBytes(packet)));
                  packet.release();
                }
              })
          .blockLast();
      assertThat(packets).hasSize(1);
      assertThat(golden.diallerRecords().get(0).body().digits()).contains(packets.get(0));
      secured.destroy();
    }
  }

  private static byte[] offer(Upgrade golden) {
    return Objects.requireNonNull(UpgradeField.in(golden.acceptorAuthenticate().bytes()));
  }

  private static UpgradePolicy policy(Upgrade golden, Aead... ciphers) {
    List<Aead> order = new ArrayList<>(List.of(ciphers));
    order.add(Aead.AES_128_GCM);
    return UpgradePolicy.allowed()
        .ciphers(order.toArray(Aead[]::new))
        .postQuantum(golden.kemSeed() == null ? Mode.OFF : Mode.ALLOWED);
  }

  private static Secured run(Upgrade golden, Role role, StubDuplex duplex, UpgradePolicy policy) {
    boolean dials = role == Role.DIALER;
    SessionKeyPairs pairs = new SessionKeyPairs(Secp256k1::preferred, Schedulers.immediate());
    Hex secret = dials ? golden.diallerSessionSecret() : golden.acceptorSessionSecret();
    SecretHolders.give(pairs, SessionKeyPair.of(CURVE, secret.bytes()));
    KemKeyPairs kems = new KemKeyPairs(Schedulers.immediate());
    Hex seed = golden.kemSeed();
    if (seed != null) {
      SecretHolders.give(kems, KemKeyPair.of(seed.bytes()));
    }
    Hex key = dials ? golden.diallerNodeSecret() : golden.acceptorNodeSecret();
    return V3Handshake.of(
            NodeKey.of(key.bytes()),
            new EphemeralKeys(pairs, kems, new GoldenRandom()),
            Schedulers.immediate())
        .upgrade(policy)
        .over(duplex, role, ReadLimits.NONE, stage -> {})
        .secure()
        .block();
  }

  private static void assertParameters(Upgrade golden, Secured secured) {
    assertThat(secured.parameters())
        .isEqualTo(
            SessionParameters.upgraded(
                Aead.of(golden.aead()).orElseThrow(), golden.kemSeed() != null, 0));
  }

  private static byte[] flushed(Secured secured) {
    ByteBuf records = secured.sealer().flush();
    byte[] bytes = ByteBufUtil.getBytes(records);
    records.release();
    return bytes;
  }

  /** Byte by byte, and in two around the places where something ends. */
  private static List<List<byte[]>> splits(byte[] stream, int handshake) {
    List<List<byte[]>> all = new ArrayList<>();
    List<byte[]> single = new ArrayList<>();
    for (byte one : stream) {
      single.add(new byte[] {one});
    }
    all.add(single);
    all.add(List.of(stream));
    for (int around : new int[] {33, 73, handshake}) {
      for (int at = around - 2; at <= around + 2; at++) {
        all.add(List.of(Arrays.copyOf(stream, at), Arrays.copyOfRange(stream, at, stream.length)));
      }
    }
    return all;
  }

  private static byte[] record(GoldenUpgrades.Sealed sealed) {
    return Objects.requireNonNull(sealed.record()).bytes();
  }

  private static byte[] concat(Hex one, Hex other) {
    return concat(one.bytes(), other.bytes());
  }

  private static byte[] concat(byte[] one, byte[] other) {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(one);
    both.writeBytes(other);
    return both.toByteArray();
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
