package io.fluxwire.fleet.jgroups;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.InstanceId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/**
 * What members send each other, as bytes: a version, a type, and what belongs to the type. All
 * numbers are big-endian.
 */
final class Frames {

  /** How long the target of a rule may be, in characters. */
  static final int MAX_TARGET = 255;

  private static final byte VERSION = 1;

  private static final byte HELLO = 1;
  private static final byte CHANGES = 2;
  private static final byte END = 3;
  private static final byte WANT = 4;
  private static final byte MESSAGE = 5;

  private static final byte HELD = 1;
  private static final byte RELEASED = 2;
  private static final byte RULED = 3;

  private static final byte NONE = 0;
  private static final byte ALLOW = 1;
  private static final byte DENY = 2;

  private static final int HEADER = 2;
  private static final int INSTANT = Long.BYTES + Integer.BYTES;

  private Frames() {}

  /** Is told what a frame says. What it throws, {@link Frames#read} does. */
  interface Reader {

    /** Who sends, and that all that it has to tell follows. */
    void hello(InstanceId instance);

    void held(Row row);

    void released(Row row);

    void ruled(AccessRule rule);

    /** All that the sender had to tell has come. */
    void end();

    /** The sender wants all that there is to tell. */
    void want();

    void message(byte[] message);
  }

  static byte[] hello(InstanceId instance) {
    byte[] name = instance.name().getBytes(US_ASCII);
    return frame(
        HELLO,
        Long.BYTES + 1 + name.length,
        to -> to.putLong(instance.incarnation()).put((byte) name.length).put(name));
  }

  static byte[] end() {
    return frame(END, 0, to -> {});
  }

  static byte[] want() {
    return frame(WANT, 0, to -> {});
  }

  static byte[] message(byte[] message) {
    return frame(MESSAGE, message.length, to -> to.put(message));
  }

  /** At most 65,535 changes. */
  static byte[] changes(List<Change> changes) {
    int size = changes.stream().mapToInt(Frames::size).sum();
    return frame(
        CHANGES,
        Short.BYTES + size,
        to -> {
          to.putShort((short) changes.size());
          changes.forEach(change -> write(change, to));
        });
  }

  private static byte[] frame(byte type, int size, Consumer<ByteBuffer> body) {
    byte[] frame = new byte[HEADER + size];
    body.accept(ByteBuffer.wrap(frame).put(VERSION).put(type));
    return frame;
  }

  private static int size(Change change) {
    if (change instanceof Change.Ruled ruled) {
      return 2 + 2 * INSTANT + 1 + ruled.rule().target().length();
    }
    return 1 + Row.SIZE;
  }

  private static void write(Change change, ByteBuffer to) {
    if (change instanceof Change.Held held) {
      held.row().write(to.put(HELD));
    } else if (change instanceof Change.Released released) {
      released.row().write(to.put(RELEASED));
    } else if (change instanceof Change.Ruled ruled) {
      write(ruled.rule(), to.put(RULED));
    }
  }

  private static void write(AccessRule rule, ByteBuffer to) {
    to.put(code(rule.action()));
    write(rule.setAt(), to);
    write(rule.until(), to);
    to.put((byte) rule.target().length()).put(rule.target().getBytes(US_ASCII));
  }

  private static byte code(AccessRule.Action action) {
    return switch (action) {
      case NONE -> NONE;
      case ALLOW -> ALLOW;
      case DENY -> DENY;
    };
  }

  private static AccessRule.Action action(byte code) {
    return switch (code) {
      case NONE -> AccessRule.Action.NONE;
      case ALLOW -> AccessRule.Action.ALLOW;
      case DENY -> AccessRule.Action.DENY;
      default -> throw new IllegalArgumentException("action %d is not known".formatted(code));
    };
  }

  private static void write(Instant instant, ByteBuffer to) {
    to.putLong(instant.getEpochSecond()).putInt(instant.getNano());
  }

  /**
   * Reads a frame.
   *
   * @throws IllegalArgumentException when it is none; the reader may have been told a part by then
   */
  static void read(ByteBuffer frame, Reader reader) {
    try {
      byte version = frame.get();
      if (version != VERSION) {
        throw new IllegalArgumentException("version %d is not known".formatted(version));
      }
      readBody(frame.get(), frame, reader);
    } catch (BufferUnderflowException | DateTimeException e) {
      throw new IllegalArgumentException("it is cut off or damaged", e);
    }
    if (frame.hasRemaining()) {
      throw new IllegalArgumentException("%d bytes too many".formatted(frame.remaining()));
    }
  }

  private static void readBody(byte type, ByteBuffer frame, Reader reader) {
    switch (type) {
      case HELLO -> reader.hello(instance(frame));
      case CHANGES -> readChanges(frame, reader);
      case END -> reader.end();
      case WANT -> reader.want();
      case MESSAGE -> reader.message(bytes(frame, frame.remaining()));
      default -> throw new IllegalArgumentException("type %d is not known".formatted(type));
    }
  }

  private static InstanceId instance(ByteBuffer from) {
    long incarnation = from.getLong();
    return new InstanceId(text(from), incarnation);
  }

  private static void readChanges(ByteBuffer frame, Reader reader) {
    int count = Short.toUnsignedInt(frame.getShort());
    for (int i = 0; i < count; i++) {
      byte type = frame.get();
      switch (type) {
        case HELD -> reader.held(Row.read(frame));
        case RELEASED -> reader.released(Row.read(frame));
        case RULED -> reader.ruled(rule(frame));
        default -> throw new IllegalArgumentException("change %d is not known".formatted(type));
      }
    }
  }

  private static AccessRule rule(ByteBuffer from) {
    AccessRule.Action action = action(from.get());
    Instant setAt = instant(from);
    Instant until = instant(from);
    return new AccessRule(text(from), action, setAt, until);
  }

  private static Instant instant(ByteBuffer from) {
    return Instant.ofEpochSecond(from.getLong(), from.getInt());
  }

  private static String text(ByteBuffer from) {
    return new String(bytes(from, Byte.toUnsignedInt(from.get())), US_ASCII);
  }

  private static byte[] bytes(ByteBuffer from, int size) {
    if (size > from.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[size];
    from.get(bytes);
    return bytes;
  }
}
