package io.fluxwire.packet;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * "It's OK to be odd" (protocol.md section 5), checked on the wire before a message is parsed: an
 * unknown field with an odd number is ignored, an unknown field with an even number is an error, at
 * every depth. A field with a known number but another wire type counts as unknown, as in protobuf.
 */
public final class KnownFields {

  /** As deep as protobuf's own parser goes. */
  private static final int MAX_DEPTH = 100;

  private static final int ERROR_TAG =
      tag(Pkt.ERROR_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int AUTH_TAG =
      tag(Pkt.AUTH_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);

  private final String message;

  /** By tag. */
  private final Map<Integer, Field> fields = new HashMap<>();

  private record Field(String name, @Nullable KnownFields content) {}

  /**
   * The fields that a check found at the top level of a message.
   *
   * @param packets how many known fields
   * @param error whether {@code error} (40) was among them
   * @param authenticate whether {@code auth} (50) was among them
   */
  public record Seen(int packets, boolean error, boolean authenticate) {}

  private KnownFields(String message) {
    this.message = message;
  }

  /**
   * The fields of a message and of all messages in it.
   *
   * @param descriptor the message
   * @return the check, immutable
   */
  public static KnownFields of(Descriptor descriptor) {
    return of(descriptor, new HashMap<>());
  }

  private static KnownFields of(Descriptor descriptor, Map<String, KnownFields> known) {
    KnownFields done = known.get(descriptor.getFullName());
    if (done != null) {
      return done;
    }
    KnownFields result = new KnownFields(descriptor.getName());
    // Registered before its fields are looked at, since a message may contain messages of its own
    // type.
    known.put(descriptor.getFullName(), result);
    for (FieldDescriptor field : descriptor.getFields()) {
      KnownFields content =
          field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              ? of(field.getMessageType(), known)
              : null;
      Field entry = new Field(field.getName(), content);
      result.fields.put(tag(field.getNumber(), field.getLiteType().getWireType()), entry);
      if (field.isPackable()) {
        result.fields.put(tag(field.getNumber(), WireFormat.WIRETYPE_LENGTH_DELIMITED), entry);
      }
    }
    return result;
  }

  /**
   * Checks a message.
   *
   * @param in the message, read to its end
   * @return the fields found at the top level
   * @throws PacketException with {@link Reason#UNKNOWN_EVEN_FIELD}, naming the field
   * @throws IOException when it is not a message at all
   */
  public Seen check(CodedInputStream in) throws IOException {
    int packets = 0;
    boolean error = false;
    boolean authenticate = false;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (checkField(in, tag, message, 0)) {
        packets++;
        error |= tag == ERROR_TAG;
        authenticate |= tag == AUTH_TAG;
      }
    }
    return new Seen(packets, error, authenticate);
  }

  private boolean checkField(CodedInputStream in, int tag, String path, int depth)
      throws IOException {
    Field field = fields.get(tag);
    if (field == null) {
      if ((WireFormat.getTagFieldNumber(tag) & 1) == 0) {
        throw new PacketException(
            Reason.UNKNOWN_EVEN_FIELD,
            "the peer requires field %d of %s, which this side does not know"
                .formatted(WireFormat.getTagFieldNumber(tag), path));
      }
      if (!in.skipField(tag)) {
        throw new InvalidProtocolBufferException("a group ends that did not start");
      }
      return false;
    }
    KnownFields content = field.content();
    if (content == null) {
      in.skipField(tag);
      return true;
    }
    if (depth == MAX_DEPTH) {
      throw new InvalidProtocolBufferException("messages are nested too deeply");
    }
    String inner = path + "." + field.name();
    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_START_GROUP) {
      content.checkGroup(in, WireFormat.getTagFieldNumber(tag), inner, depth + 1);
    } else {
      int outer = in.pushLimit(in.readRawVarint32());
      for (int next = in.readTag(); next != 0; next = in.readTag()) {
        content.checkField(in, next, inner, depth + 1);
      }
      in.popLimit(outer);
    }
    return true;
  }

  private void checkGroup(CodedInputStream in, int number, String path, int depth)
      throws IOException {
    int end = tag(number, WireFormat.WIRETYPE_END_GROUP);
    int next = in.readTag();
    while (next != end) {
      if (next == 0) {
        throw new InvalidProtocolBufferException("a group does not end");
      }
      checkField(in, next, path, depth);
      next = in.readTag();
    }
  }

  private static int tag(int number, int wireType) {
    return number << 3 | wireType;
  }
}
