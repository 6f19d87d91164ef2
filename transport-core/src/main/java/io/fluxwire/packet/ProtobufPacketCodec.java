package io.fluxwire.packet;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** {@link PacketCodec#protobuf}. */
final class ProtobufPacketCodec<P extends MessageLite> implements PacketCodec<P> {

  /** The unknown odd field that lengthens a short payload (protocol.md section 3). */
  private static final int FILLER_FIELD = 127;

  private static final int FILLER_OVERHEAD = CodedOutputStream.computeTagSize(FILLER_FIELD) + 1;
  private static final int MAX_PAYLOAD = 1 << 20;

  /** Shared, since every handshake encodes a packet and the known fields are always the same. */
  static final PacketCodec<Pkt> PKT =
      new ProtobufPacketCodec<>(Pkt.getDefaultInstance(), Pkt.getDescriptor());

  private final Parser<P> parser;
  private final KnownFields knownFields;
  private final String name;

  @SuppressWarnings("unchecked")
  ProtobufPacketCodec(P packet, Descriptor descriptor) {
    this.parser = (Parser<P>) packet.getParserForType();
    this.knownFields = KnownFields.of(descriptor);
    this.name = descriptor.getFullName();
  }

  @Override
  public ByteBuf encode(P packet, ByteBufAllocator allocator) {
    if (!packet.isInitialized()) {
      throw new PacketException(
          Reason.PACKET_UNSENDABLE, "the packet to send lacks a required field");
    }
    int size = packet.getSerializedSize();
    if (size > MAX_PAYLOAD) {
      throw new PacketException(
          Reason.PACKET_UNSENDABLE,
          "a packet of %,d bytes is over 1 MiB; split it".formatted(size));
    }
    int filler = Math.max(MIN_PAYLOAD - size, 0);
    int zeros = Math.max(filler - FILLER_OVERHEAD, 0);
    int total = filler == 0 ? size : size + FILLER_OVERHEAD + zeros;
    ByteBuf payload = allocator.heapBuffer(total, total);
    try {
      CodedOutputStream out =
          CodedOutputStream.newInstance(payload.array(), payload.arrayOffset(), total);
      packet.writeTo(out);
      if (filler > 0) {
        out.writeByteArray(FILLER_FIELD, new byte[zeros]);
      }
      out.flush();
      return payload.writerIndex(total);
    } catch (IOException | RuntimeException e) {
      payload.release();
      throw new PacketException(
          Reason.PACKET_UNSENDABLE, "the packet to send cannot be serialised", e);
    }
  }

  @Override
  public ByteBuf encodeError(String problem, ByteBufAllocator allocator) {
    Pkt error = Pkt.newBuilder().setError(Error.newBuilder().setProblem(problem)).build();
    return PacketCodec.pkt().encode(error, allocator);
  }

  @Override
  public boolean sharesPayload() {
    return false;
  }

  @Override
  public @Nullable P decode(ByteBuf payload) {
    try {
      KnownFields.Seen seen = knownFields.check(input(payload));
      if (seen.packets() == 0) {
        return null;
      }
      if (seen.authenticate()) {
        throw new PacketException(
            Reason.AUTHENTICATE_REPEATED, "the peer authenticated a second time");
      }
      if (seen.error()) {
        String problem = problemOf(payload);
        if (!problem.equals(Hello.PROBLEM)) {
          throw ConnectionClosedException.byPeer(problem);
        }
      }
      return parser.parseFrom(input(payload));
    } catch (IOException e) {
      throw PacketException.malformed(e);
    }
  }

  private static String problemOf(ByteBuf payload) throws IOException {
    return Pkt.parseFrom(input(payload)).getError().getProblem();
  }

  static CodedInputStream input(ByteBuf payload) {
    CodedInputStream in =
        payload.hasArray()
            ? CodedInputStream.newInstance(
                payload.array(),
                payload.arrayOffset() + payload.readerIndex(),
                payload.readableBytes())
            : CodedInputStream.newInstance(payload.nioBuffer());
    return in;
  }

  @Override
  public String toString() {
    return "PacketCodec[" + name + "]";
  }
}
