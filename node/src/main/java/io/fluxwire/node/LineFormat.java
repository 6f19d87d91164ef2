package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.lightning.LightningCodec;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Text;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.Function;

/**
 * How lines become packets, and packets become lines.
 *
 * @param codec the packets
 * @param rule what a line of input may be
 * @param packet of what a line stands for
 * @param line of a packet, which is only borrowed
 * @param <P> the packet
 */
record LineFormat<P>(
    PacketCodec<P> codec,
    LineRule rule,
    Function<ByteString, P> packet,
    Function<P, ByteString> line) {

  /** Around a line in its packet are two tags, of two bytes and one, and two lengths of three. */
  static final int LONGEST_TEXT = (1 << 20) - 9;

  /** Each line is a text within a packet of version 3. */
  static LineFormat<NodePkt> texts() {
    return new LineFormat<>(
        PacketCodec.protobuf(NodePkt.getDefaultInstance()),
        LineRule.packets(LONGEST_TEXT),
        LineFormat::text,
        LineFormat::line);
  }

  /** Each line is a message of BOLT 8, byte for byte. */
  static LineFormat<ByteBuf> messages() {
    return new LineFormat<>(
        PacketCodec.messages(),
        LineRule.messages(),
        LineFormat::message,
        message -> ByteString.copyFrom(ByteBufUtil.getBytes(message)));
  }

  /** Each line is the hex digits of a Lightning message: most of its bytes are no text. */
  static LineFormat<ByteBuf> hexMessages() {
    return new LineFormat<>(
        LightningCodec.create(),
        LineRule.hexMessages(),
        LineFormat::message,
        message -> ByteString.copyFromUtf8(ByteBufUtil.hexDump(message)));
  }

  static NodePkt text(ByteString line) {
    return NodePkt.newBuilder().setText(Text.newBuilder().setLineBytes(line)).build();
  }

  private static ByteString line(NodePkt packet) {
    return packet.hasText()
        ? packet.getText().getLineBytes()
        : ByteString.copyFromUtf8("(" + packet.getPktCase() + ")");
  }

  private static ByteBuf message(ByteString bytes) {
    return Unpooled.wrappedBuffer(bytes.asReadOnlyByteBuffer());
  }
}
