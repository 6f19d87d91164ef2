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
 * Turns an application's packets into payloads and back. An implementation is shared by many
 * connections, so it holds no state of a connection, and it must not block.
 *
 * @param <P> the packet type
 */
public interface PacketCodec<P> {

  /**
   * The smallest payload, 16 bytes: an attacker could delete shorter ones without being noticed
   * (protocol.md section 3).
   */
  int MIN_PAYLOAD = 16;

  /**
   * Writes a packet as a payload of {@value #MIN_PAYLOAD} bytes to 1 MiB.
   *
   * @param packet the packet; if it is reference-counted, this method takes it over, also when it
   *     throws
   * @param allocator allocates heap buffers, which are the fastest to encrypt
   * @return the payload, the caller's to release
   * @throws PeerException when the packet cannot be sent; the {@code send} then fails, but the
   *     connection stays open
   */
  ByteBuf encode(P packet, ByteBufAllocator allocator);

  /**
   * Reads a payload.
   *
   * @param payload lent for the call, not to be released
   * @return the packet; null when the payload contains nothing for the application
   * @throws PeerException when the payload breaks the rules; the connection then ends
   */
  @Nullable P decode(ByteBuf payload);

  /**
   * Whether a packet that {@link #decode} gave may hold on to the payload's bytes instead of copies
   * of them. A channel, whose packets may be kept, has a payload copied for such a codec first, and
   * a fleet retains a packet that is reference-counted before it releases the payload.
   *
   * @return true by default; false for protobuf's messages, and for reference-counted packets that
   *     have bytes of their own
   */
  default boolean sharesPayload() {
    return true;
  }

  /**
   * Writes the payload that tells the peer why this side ends the connection ({@link
   * io.fluxwire.Reason#isToldToPeer}), protocol.md section 6's {@code error}. Not for codecs whose
   * payloads are not {@code pkt} messages: their reader would take the error for data.
   *
   * @param problem what is wrong
   * @param allocator gives heap buffers
   * @return the payload, the caller's to release; null, which is the default, to end without
   *     telling the peer why
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
   * <p>Short packets are lengthened by a field 127 that contains zeros. At every depth, an unknown
   * field with an odd number is ignored, and an unknown field with an even number ends the
   * connection. A packet without any known field is skipped. A received {@code error} ends the
   * connection with its text, except for {@code hello}, which is delivered.
   *
   * @param packet any instance of the message
   * @param <P> the packet message
   * @return the codec
   * @throws IllegalArgumentException when it is a lite message, whose fields are not known at run
   *     time: pass its descriptor with {@link #protobuf(MessageLite, Descriptor)}
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
   * @param descriptor describes the message's fields
   * @param <P> the packet message
   * @return the codec
   */
  static <P extends MessageLite> PacketCodec<P> protobuf(P packet, Descriptor descriptor) {
    return new ProtobufPacketCodec<>(packet, descriptor);
  }

  /**
   * Payloads as raw bytes, without protobuf: the application decides what they mean. Received
   * buffers are borrowed; the connection takes over sent ones.
   *
   * @return the codec; {@link RawPacketCodec#allowShortPayloads()} lifts its lower bound, {@link
   *     RawPacketCodec#tellErrors()} says why a peer is refused
   */
  static RawPacketCodec raw() {
    return new RawPacketCodec(MIN_PAYLOAD, false);
  }

  /**
   * Messages as Lightning nodes exchange them ({@link io.fluxwire.handshake.Dialect#BOLT8}): any
   * bytes, of which the first two are the type, as far as this codec knows. Received buffers are
   * borrowed, sent ones are taken over.
   *
   * <p>As {@link #raw()}, but without its lower bound, which is for records that somebody could
   * delete: those of version 3, for which this codec is not.
   *
   * @return the codec, of payloads from 0 bytes on; how large they may be is the dialect's to say
   */
  static RawPacketCodec messages() {
    return new RawPacketCodec(0, false);
  }
}
