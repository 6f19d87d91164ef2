package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.proto.Upgrade;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.v3.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Someone in the middle who even has the keys of version 3's frames, and changes what is offered or
 * chosen. The signatures say nothing of either; the keys of an upgrade do.
 */
class DowngradeTest {

  private static final UnaryOperator<Upgrade.Builder> UNCHANGED = UnaryOperator.identity();

  private @Nullable SessionPair<ByteBuf> pair;

  @AfterEach
  void close() {
    if (pair != null) {
      pair.close();
    }
  }

  /**
   * Runs both sides until nothing more happens.
   *
   * @param offer what becomes of the acceptor's; null to take it out
   * @param choice what becomes of the dialler's
   */
  private SessionPair<ByteBuf> attacked(
      UpgradePolicy policy,
      @Nullable UnaryOperator<Upgrade.Builder> offer,
      UnaryOperator<Upgrade.Builder> choice) {
    SessionPair<ByteBuf> made =
        SessionPair.of(
                PacketCodec.raw(),
                spec -> spec.upgrade(policy),
                spec -> spec.upgrade(policy),
                Long.MAX_VALUE)
            .withRecords(new Changed(offer, choice))
            .establish();
    pair = made;
    for (SessionPair.Side<ByteBuf> side : java.util.List.of(made.dialer, made.acceptor)) {
      if (side.connection != null) {
        side.connection.receive().subscribe(packet -> {}, failure -> {});
      }
    }
    made.pass(Duration.ofSeconds(30));
    return made;
  }

  private static @Nullable Reason reason(SessionPair.Side<?> side) {
    if (side.failure instanceof PeerException refused) {
      return refused.reason();
    }
    return side.closed.isEmpty() ? null : side.closed.get(0).reason();
  }

  private static Upgrade.Builder withoutKem(Upgrade.Builder upgrade) {
    return upgrade.clearKem();
  }

  private static Upgrade.Builder another(Upgrade.Builder upgrade) {
    return upgrade.clearAead().addAead(2);
  }

  @Test
  void withoutAnAttackTheyUpgrade() {
    SessionPair<ByteBuf> pair = attacked(UpgradePolicy.required(), UNCHANGED, UNCHANGED);
    assertThat(pair.dialer.connected().session().isPostQuantum()).isTrue();
    assertThat(reason(pair.acceptor)).isNull();
  }

  @Test
  void anOfferThatWasTakenOutIsMissedByADiallerThatInsists() {
    SessionPair<ByteBuf> pair = attacked(UpgradePolicy.required(), null, UNCHANGED);
    assertThat(reason(pair.dialer)).isEqualTo(Reason.UPGRADE_REQUIRED);
    assertThat(pair.acceptor.connection).isNull();
  }

  @Test
  void aKeyThatWasTakenOutOfTheOfferIsMissedByADiallerThatInsists() {
    SessionPair<ByteBuf> pair =
        attacked(
            UpgradePolicy.allowed().postQuantum(Mode.REQUIRED),
            DowngradeTest::withoutKem,
            UNCHANGED);
    assertThat(reason(pair.dialer)).isEqualTo(Reason.POST_QUANTUM_REQUIRED);
    assertThat(pair.acceptor.connection).isNull();
  }

  @Test
  void aKeyThatWasTakenOutOfTheOfferGivesOtherKeys() {
    SessionPair<ByteBuf> pair =
        attacked(UpgradePolicy.allowed(), DowngradeTest::withoutKem, UNCHANGED);
    assertThat(reason(pair.dialer)).isEqualTo(Reason.TAG_MISMATCH);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.TAG_MISMATCH);
  }

  @Test
  void aCiphertextThatWasTakenOutOfTheChoiceGivesOtherKeys() {
    SessionPair<ByteBuf> pair =
        attacked(UpgradePolicy.allowed(), UNCHANGED, DowngradeTest::withoutKem);
    assertThat(reason(pair.dialer)).isEqualTo(Reason.TAG_MISMATCH);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.TAG_MISMATCH);
  }

  @Test
  void aCiphertextThatWasTakenOutOfTheChoiceIsMissedByAnAcceptorThatInsists() {
    SessionPair<ByteBuf> pair =
        attacked(
            UpgradePolicy.allowed().postQuantum(Mode.REQUIRED),
            UNCHANGED,
            DowngradeTest::withoutKem);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.POST_QUANTUM_REQUIRED);
    assertThat(pair.dialer.connection).isNull();
  }

  @Test
  void anotherChoiceGivesOtherKeys() {
    SessionPair<ByteBuf> pair =
        attacked(
            UpgradePolicy.allowed().ciphers(Aead.AES_128_GCM, Aead.AES_256_GCM),
            UNCHANGED,
            DowngradeTest::another);
    assertThat(reason(pair.dialer)).isEqualTo(Reason.TAG_MISMATCH);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.TAG_MISMATCH);
  }

  @Test
  void anotherOfferGivesOtherKeys() {
    SessionPair<ByteBuf> pair =
        attacked(UpgradePolicy.allowed(), offer -> offer.clearAead().addAead(1), UNCHANGED);
    assertThat(reason(pair.dialer)).isEqualTo(Reason.TAG_MISMATCH);
    assertThat(reason(pair.acceptor)).isEqualTo(Reason.TAG_MISMATCH);
  }

  /** Version 3's records, whose first payload of each direction arrives changed. */
  private static final class Changed implements RecordSuite {

    private final @Nullable UnaryOperator<Upgrade.Builder> offer;
    private final UnaryOperator<Upgrade.Builder> choice;
    private int proofs;

    Changed(@Nullable UnaryOperator<Upgrade.Builder> offer, UnaryOperator<Upgrade.Builder> choice) {
      this.offer = offer;
      this.choice = choice;
    }

    private ByteBuf change(ByteBuf payload) {
      try {
        Pkt packet = Pkt.parseFrom(ByteBufUtil.getBytes(payload));
        if (!packet.hasAuth() || !packet.getAuth().hasUpgrade()) {
          return payload;
        }
        UnaryOperator<Upgrade.Builder> change = proofs++ == 0 ? offer : choice;
        Pkt.Builder changed = packet.toBuilder();
        if (change == null) {
          changed.getAuthBuilder().clearUpgrade();
        } else {
          Upgrade.Builder upgrade = Upgrade.parseFrom(packet.getAuth().getUpgrade()).toBuilder();
          ByteString field = change.apply(upgrade).build().toByteString();
          changed.getAuthBuilder().setUpgrade(field);
        }
        payload.release();
        return Unpooled.wrappedBuffer(changed.build().toByteArray());
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public RecordSealer sealer(DirectionKeys keys, ByteBufAllocator allocator) {
      return Frames.SUITE.sealer(keys, allocator);
    }

    @Override
    public RecordOpener opener(DirectionKeys keys, ByteBufAllocator allocator) {
      RecordOpener opener = Frames.SUITE.opener(keys, allocator);
      return new RecordOpener() {
        @Override
        public @Nullable ByteBuf next(ByteBuf in) {
          ByteBuf payload = opener.next(in);
          return payload == null ? null : change(payload);
        }

        @Override
        public boolean hasNext() {
          return opener.hasNext();
        }

        @Override
        public int announced() {
          return opener.announced();
        }

        @Override
        public boolean isInsideRecord() {
          return opener.isInsideRecord();
        }

        @Override
        public void inputEnded() {
          opener.inputEnded();
        }

        @Override
        public void idle() {
          opener.idle();
        }

        @Override
        public void trim(int payload) {
          opener.trim(payload);
        }

        @Override
        public void destroy() {
          opener.destroy();
        }
      };
    }
  }
}
