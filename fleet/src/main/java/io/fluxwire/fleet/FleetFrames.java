package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Frames as bytes: the version and the type in one byte each, the number of the stream, and the
 * fields of the type. A number has 8 bytes, the most significant one first; a flag has one byte.
 */
final class FleetFrames {

  /** How many bytes a frame has at most besides its packet. */
  static final int OVERHEAD = 2 + Long.BYTES + NodeId.SIZE + Long.BYTES + 1;

  private static final byte VERSION = 1;

  private static final byte OPEN = 1;
  private static final byte DATA = 2;
  private static final byte END = 3;
  private static final byte CANCEL = 4;
  private static final byte PROBE = 5;
  private static final byte GRANT = 16;
  private static final byte STATUS = 17;
  private static final byte DONE = 18;
  private static final byte NOT_HERE = 19;
  private static final byte FAILED = 20;
  private static final byte DRAINING = 32;

  private FleetFrames() {}

  static byte[] encode(Frame frame) {
    if (frame instanceof Frame.Open open) {
      return message(
          OPEN,
          open,
          NodeId.SIZE + Long.BYTES + 1 + open.payload().remaining(),
          bytes ->
              bytes
                  .put(open.peer().toBytes())
                  .putLong(open.epoch())
                  .put((byte) (open.last() ? 1 : 0))
                  .put(open.payload().duplicate()));
    } else if (frame instanceof Frame.Data data) {
      return message(
          DATA,
          data,
          Long.BYTES + data.payload().remaining(),
          bytes -> bytes.putLong(data.number()).put(data.payload().duplicate()));
    } else if (frame instanceof Frame.End end) {
      return numbers(END, end, end.count());
    } else if (frame instanceof Frame.Cancel) {
      return numbers(CANCEL, frame);
    } else if (frame instanceof Frame.Probe probe) {
      return numbers(PROBE, probe, probe.sent(), probe.count());
    } else if (frame instanceof Frame.Grant grant) {
      return numbers(GRANT, grant, grant.total(), grant.written());
    } else if (frame instanceof Frame.Status status) {
      return numbers(STATUS, status, status.total(), status.written());
    } else if (frame instanceof Frame.Done) {
      return numbers(DONE, frame);
    } else if (frame instanceof Frame.NotHere) {
      return numbers(NOT_HERE, frame);
    } else if (frame instanceof Frame.Failed failed) {
      return numbers(FAILED, failed, failed.failure().code(), failed.written(), failed.handed());
    } else {
      return numbers(DRAINING, frame);
    }
  }

  private static byte[] message(byte type, Frame frame, int size, Consumer<ByteBuffer> writing) {
    byte[] message = new byte[2 + Long.BYTES + size];
    writing.accept(ByteBuffer.wrap(message).put(VERSION).put(type).putLong(frame.stream()));
    return message;
  }

  private static byte[] numbers(byte type, Frame frame, long... numbers) {
    return message(
        type,
        frame,
        numbers.length * Long.BYTES,
        bytes -> {
          for (long number : numbers) {
            bytes.putLong(number);
          }
        });
  }

  /**
   * Reads a frame; null when it is not valid, or of another version. No field of a frame can make
   * this allocate more than the message itself has.
   */
  static @Nullable Frame decode(byte[] message, PeerIds ids) {
    ByteBuffer bytes = ByteBuffer.wrap(message);
    try {
      if (bytes.get() != VERSION) {
        return null;
      }
      byte type = bytes.get();
      Frame frame = decode(type, bytes.getLong(), bytes, ids);
      return bytes.hasRemaining() ? null : frame;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable Frame decode(byte type, long stream, ByteBuffer bytes, PeerIds ids) {
    return switch (type) {
      case OPEN ->
          new Frame.Open(stream, peer(bytes, ids), bytes.getLong(), flag(bytes), rest(bytes));
      case DATA -> new Frame.Data(stream, count(bytes), rest(bytes));
      case END -> new Frame.End(stream, count(bytes));
      case CANCEL -> new Frame.Cancel(stream);
      case PROBE -> new Frame.Probe(stream, count(bytes), count(bytes));
      case GRANT -> new Frame.Grant(stream, count(bytes), count(bytes));
      case STATUS -> new Frame.Status(stream, count(bytes), count(bytes));
      case DONE -> new Frame.Done(stream);
      case NOT_HERE -> new Frame.NotHere(stream);
      case FAILED -> new Frame.Failed(stream, failure(bytes), count(bytes), count(bytes));
      case DRAINING -> new Frame.Draining();
      default -> null;
    };
  }

  private static NodeId peer(ByteBuffer bytes, PeerIds ids) {
    byte[] peer = new byte[NodeId.SIZE];
    bytes.get(peer);
    return ids.of(peer);
  }

  private static boolean flag(ByteBuffer bytes) {
    byte flag = bytes.get();
    if (flag < 0 || flag > 1) {
      throw new IllegalArgumentException("a flag of " + flag);
    }
    return flag == 1;
  }

  private static long count(ByteBuffer bytes) {
    long count = bytes.getLong();
    if (count < 0) {
      throw new IllegalArgumentException("a count of " + count);
    }
    return count;
  }

  private static Frame.Failure failure(ByteBuffer bytes) {
    long code = count(bytes);
    for (Frame.Failure failure : Frame.Failure.values()) {
      if (failure.code() == code) {
        return failure;
      }
    }
    throw new IllegalArgumentException("a failure of " + code);
  }

  private static ByteBuffer rest(ByteBuffer bytes) {
    ByteBuffer rest = bytes.slice();
    bytes.position(bytes.limit());
    return rest;
  }
}
