package io.fluxwire.packet;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import io.fluxwire.PeerException;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Turns an application's packets into payloads and back. Implementations hold no state of a
 * connection, are shared by many, and must not block.
 *
 * @param <P> the packet type
 */
public interface PacketCodec<P> {

  /** Below this many bytes a payload could be deleted unseen (protocol.md section 3): 16. */
  int MIN_PAYLOAD = 16;

  /**
   * Writes a packet as a payload of {@value #MIN_PAYLOAD} bytes to 1 MiB.
   *
   * @param packet the packet; taken over if it is reference-counted, also when this throws
   * @param allocator gives heap buffers, from which sealing is fastest
   * @return the payload, the caller's to release
   * @throws PeerException when the packet cannot be sent; it fails the {@code send}, not the
   *     connection
   */
  ByteBuf encode(P packet, ByteBufAllocator allocator);

  /**
   * Reads a payload.
   *
   * @param payload lent for the call, not to be released
   * @return the packet; null when there is nothing in it for the application
   * @throws PeerException when the payload breaks the rules; it ends the connection
   */
  @Nullable P decode(ByteBuf payload);

  /**
   * Whether a packet that {@link #decode} gave may hold on to the payload's bytes instead of copies
   * of them. A channel, whose packets may be kept, has a payload copied for such a codec first.
   *
   * @return true by default, which is always safe; false for protobuf's messages
   */
  default boolean sharesPayload() {
    return true;
  }

  /**
   * Writes the payload that tells the peer why this side ends the connection ({@link
   * io.fluxwire.Reason#isToldToPeer}), protocol.md section 6's {@code error}. Not for payloads of
   * another kind: their reader would take it for data.
   *
   * @param problem what is wrong
   * @param allocator gives heap buffers
   * @return the payload, the caller's to release; null, as by default, to end without a word
   */
  default @Nullable ByteBuf encodeError(String problem, ByteBufAllocator allocator) {
    return null;
  }

  /**
   * The default: {@link Pkt}, which holds {@code error} and {@code authenticate} only. Applications
   * have a packet message of their own.
   *
   * @return the codec of {@code Pkt}
   */
  static PacketCodec<Pkt> pkt() {
    return ProtobufPacketCodec.PKT;
  }

  /**
   * The codec of an application's own packet message, which keeps the fields 40 ({@code error}) and
   * 50 ({@code auth}) of {@code Pkt} and adds its own.
   *
   * <p>Short packets are lengthened by field 127 of zeros. An unknown field with an odd number is
   * ignored, at every depth; one with an even number ends the connection. A packet with no known
   * field is skipped. A received {@code error} ends the connection with its text, but for {@code
   * hello}, which is delivered.
   *
   * @param packet any instance of the message
   * @param <P> the packet message
   * @return the codec
   * @throws IllegalArgumentException when it is a lite message, whose fields cannot be told: give
   *     its descriptor with {@link #protobuf(MessageLite, Descriptor)}
   */
  static <P extends MessageLite> PacketCodec<P> protobuf(P packet) {
    if (packet instanceof Message full) {
      return new ProtobufPacketCodec<>(packet, full.getDescriptorForType());
    }
    throw new IllegalArgumentException(
        packet.getClass().getName()
            + " is a lite message; give the codec its descriptor: protobuf(packet, descriptor)");
  }

  /**
   * As {@link #protobuf(MessageLite)}, for lite messages as well.
   *
   * @param packet any instance of the message
   * @param descriptor which fields the message has
   * @param <P> the packet message
   * @return the codec
   */
  static <P extends MessageLite> PacketCodec<P> protobuf(P packet, Descriptor descriptor) {
    return new ProtobufPacketCodec<>(packet, descriptor);
  }

  /**
   * Payloads as they are, without protobuf: the application decides what they mean. Received
   * buffers are borrowed, sent ones are taken over.
   *
   * @return the codec; {@link RawPacketCodec#allowShortPayloads()} lifts its lower bound, {@link
   *     RawPacketCodec#tellErrors()} says why a peer is refused
   */
  static RawPacketCodec raw() {
    return new RawPacketCodec(MIN_PAYLOAD, false);
  }
}
