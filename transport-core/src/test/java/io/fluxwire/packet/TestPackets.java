package io.fluxwire.packet;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.UnknownFieldSet;
import io.fluxwire.proto.PeerProto;

/**
 * An application's own packets.
 *
 * <pre>
 *   message AppPkt { optional Error error = 40; optional Authenticate auth = 50;
 *                    optional Text text = 1001; optional Strict strict = 1002; }
 *   message Text   { optional string line = 1; optional Text reply = 3; repeated int32 packed = 5;
 *                    repeated int32 loose = 7; repeated group Part = 9 { optional int32 n = 1; } }
 *   message Strict { required int32 must = 1; }
 * </pre>
 */
final class TestPackets {

  static final FileDescriptor FILE = file();
  static final Descriptor PKT = FILE.findMessageTypeByName("AppPkt");
  static final Descriptor TEXT = FILE.findMessageTypeByName("Text");
  static final Descriptor PART = TEXT.findNestedTypeByName("Part");
  static final Descriptor STRICT = FILE.findMessageTypeByName("Strict");

  static final PacketCodec<DynamicMessage> CODEC =
      PacketCodec.protobuf(DynamicMessage.getDefaultInstance(PKT));

  private TestPackets() {}

  /** A packet with this text in it. */
  static DynamicMessage packet(DynamicMessage text) {
    return DynamicMessage.newBuilder(PKT).setField(PKT.findFieldByName("text"), text).build();
  }

  /** A text with a line. */
  static DynamicMessage.Builder text(String line) {
    return DynamicMessage.newBuilder(TEXT).setField(TEXT.findFieldByName("line"), line);
  }

  /** One field that no message has. */
  static UnknownFieldSet unknown(int number) {
    return UnknownFieldSet.newBuilder()
        .addField(number, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
        .build();
  }

  private static FileDescriptor file() {
    FileDescriptorProto proto =
        FileDescriptorProto.newBuilder()
            .setName("app.proto")
            .setPackage("app")
            .addDependency(PeerProto.getDescriptor().getName())
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("AppPkt")
                    .addField(message("error", 40, ".fluxwire.Error"))
                    .addField(message("auth", 50, ".fluxwire.Authenticate"))
                    .addField(message("text", 1001, ".app.Text"))
                    .addField(message("strict", 1002, ".app.Strict")))
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("Text")
                    .addField(
                        field(
                            "line",
                            1,
                            FieldDescriptorProto.Type.TYPE_STRING,
                            FieldDescriptorProto.Label.LABEL_OPTIONAL))
                    .addField(message("reply", 3, ".app.Text"))
                    .addField(
                        field(
                                "packed",
                                5,
                                FieldDescriptorProto.Type.TYPE_INT32,
                                FieldDescriptorProto.Label.LABEL_REPEATED)
                            .setOptions(FieldOptions.newBuilder().setPacked(true)))
                    .addField(
                        field(
                            "loose",
                            7,
                            FieldDescriptorProto.Type.TYPE_INT32,
                            FieldDescriptorProto.Label.LABEL_REPEATED))
                    .addField(
                        field(
                                "part",
                                9,
                                FieldDescriptorProto.Type.TYPE_GROUP,
                                FieldDescriptorProto.Label.LABEL_REPEATED)
                            .setTypeName(".app.Text.Part"))
                    .addNestedType(
                        DescriptorProto.newBuilder()
                            .setName("Part")
                            .addField(
                                field(
                                    "n",
                                    1,
                                    FieldDescriptorProto.Type.TYPE_INT32,
                                    FieldDescriptorProto.Label.LABEL_OPTIONAL))))
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("Strict")
                    .addField(
                        field(
                            "must",
                            1,
                            FieldDescriptorProto.Type.TYPE_INT32,
                            FieldDescriptorProto.Label.LABEL_REQUIRED)))
            .build();
    try {
      return FileDescriptor.buildFrom(proto, new FileDescriptor[] {PeerProto.getDescriptor()});
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static FieldDescriptorProto.Builder field(
      String name, int number, FieldDescriptorProto.Type type, FieldDescriptorProto.Label label) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(label);
  }

  private static FieldDescriptorProto.Builder message(String name, int number, String type) {
    return field(
            name,
            number,
            FieldDescriptorProto.Type.TYPE_MESSAGE,
            FieldDescriptorProto.Label.LABEL_OPTIONAL)
        .setTypeName(type);
  }
}
