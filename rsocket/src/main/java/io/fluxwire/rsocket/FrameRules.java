package io.fluxwire.rsocket;

import io.fluxwire.PacketException;
import io.netty.buffer.ByteBuf;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;

/**
 * Checks every frame before it is handed to RSocket. RSocket trusts its transport and would read
 * past the end of a frame that is too short.
 */
final class FrameRules {

  private static final int HEADER = FrameHeaderCodec.size();
  private static final int TYPE_SHIFT = 10;
  private static final int METADATA_LENGTH = 3;
  private static final int NEXT_OR_COMPLETE = FrameHeaderCodec.FLAGS_N | FrameHeaderCodec.FLAGS_C;

  private FrameRules() {}

  /**
   * Checks a frame.
   *
   * @return true if RSocket knows the frame's type; false for an unknown type whose sender allows
   *     it to be ignored
   * @throws PacketException with {@link io.fluxwire.Reason#PACKET_MALFORMED} when the frame breaks
   *     a rule
   */
  static boolean check(ByteBuf frame) {
    int size = frame.readableBytes();
    if (size < HEADER) {
      throw PackedFrames.malformed("a frame of %,d bytes".formatted(size));
    }
    int typeAndFlags = frame.getUnsignedShort(frame.readerIndex() + Integer.BYTES);
    int number = typeAndFlags >> TYPE_SHIFT;
    if (isKnown(number)) {
      checkKnown(frame, FrameType.fromEncodedType(number), typeAndFlags);
      return true;
    }
    if ((typeAndFlags & FrameHeaderCodec.FLAGS_I) == 0) {
      throw PackedFrames.malformed("a frame of the unknown type %,d".formatted(number));
    }
    return false;
  }

  private static boolean isKnown(int type) {
    return type > FrameType.RESERVED.getEncodedType()
        && type <= FrameType.RESUME_OK.getEncodedType();
  }

  private static void checkKnown(ByteBuf frame, FrameType type, int typeAndFlags) {
    int body = HEADER + bodySize(type);
    int stream = frame.getInt(frame.readerIndex());
    if (frame.readableBytes() < body) {
      throw PackedFrames.malformed("a %s of %,d bytes".formatted(type, frame.readableBytes()));
    }
    if (stream < 0 || (stream == 0) != isOfConnection(type, stream)) {
      throw PackedFrames.malformed("a %s of stream %,d".formatted(type, stream));
    }
    if (type == FrameType.PAYLOAD && (typeAndFlags & NEXT_OR_COMPLETE) == 0) {
      throw PackedFrames.malformed("a payload with neither the flag NEXT nor COMPLETE");
    }
    if (type.hasInitialRequestN() || type == FrameType.REQUEST_N) {
      checkDemand(frame);
    }
    if ((typeAndFlags & FrameHeaderCodec.FLAGS_M) != 0 && type.isFragmentable()) {
      checkMetadata(frame, body);
    }
  }

  private static void checkDemand(ByteBuf frame) {
    int demand = frame.getInt(frame.readerIndex() + HEADER);
    if (demand <= 0) {
      throw PackedFrames.malformed("a demand of %,d".formatted(demand));
    }
  }

  private static void checkMetadata(ByteBuf frame, int at) {
    int left = frame.readableBytes() - at - METADATA_LENGTH;
    if (left < 0 || frame.getUnsignedMedium(frame.readerIndex() + at) > left) {
      throw PackedFrames.malformed("metadata that goes beyond its frame");
    }
  }

  /** How many bytes a frame of a type has at least after its header. */
  private static int bodySize(FrameType type) {
    return switch (type) {
      case SETUP -> 3 * Integer.BYTES + 2;
      case LEASE, KEEPALIVE, RESUME_OK -> Long.BYTES;
      case REQUEST_STREAM, REQUEST_CHANNEL, REQUEST_N, ERROR -> Integer.BYTES;
      case RESUME -> Integer.BYTES + Short.BYTES + 2 * Long.BYTES;
      default -> 0;
    };
  }

  private static boolean isOfConnection(FrameType type, int stream) {
    return switch (type) {
      case SETUP, LEASE, KEEPALIVE, METADATA_PUSH, RESUME, RESUME_OK -> true;
      case ERROR -> stream == 0;
      default -> false;
    };
  }
}
