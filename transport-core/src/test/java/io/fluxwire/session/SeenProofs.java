package io.fluxwire.session;

import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.v3.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.List;

/** Version 3's records, with a look at the proofs that are sealed: upgraded keys come of them. */
final class SeenProofs implements RecordSuite {

  private final List<byte[]> proofs = new ArrayList<>();

  /** The acceptor's and the dialler's, as far as they were made, with an upgrade in each. */
  List<byte[]> withUpgrade() {
    return proofs;
  }

  @Override
  public RecordOpener opener(DirectionKeys keys, ByteBufAllocator allocator) {
    return Frames.SUITE.opener(keys, allocator);
  }

  @Override
  public RecordSealer sealer(DirectionKeys keys, ByteBufAllocator allocator) {
    RecordSealer sealer = Frames.SUITE.sealer(keys, allocator);
    return new RecordSealer() {
      @Override
      public int maxPayload() {
        return sealer.maxPayload();
      }

      @Override
      public boolean hasRoomFor(int payload) {
        return sealer.hasRoomFor(payload);
      }

      @Override
      public int pending() {
        return sealer.pending();
      }

      @Override
      public void add(ByteBuf payload) {
        look(ByteBufUtil.getBytes(payload));
        sealer.add(payload);
      }

      @Override
      public ByteBuf flush() {
        return sealer.flush();
      }

      @Override
      public void destroy() {
        sealer.destroy();
      }
    };
  }

  private void look(byte[] payload) {
    try {
      Pkt packet = Pkt.parseFrom(payload);
      if (packet.hasAuth() && packet.getAuth().hasUpgrade()) {
        proofs.add(payload);
      }
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}
