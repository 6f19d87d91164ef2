package io.fluxwire.session;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.fluxwire.proto.Pkt;

/** What an application of another kind sends. */
final class Unknown {

  private Unknown() {}

  /** A packet with one field, odd, that {@link Pkt} does not have. */
  static Pkt packet() {
    return packet("a line of text");
  }

  static Pkt packet(String words) {
    UnknownFieldSet.Field text =
        UnknownFieldSet.Field.newBuilder()
            .addLengthDelimited(ByteString.copyFromUtf8(words))
            .build();
    return Pkt.newBuilder()
        .setUnknownFields(UnknownFieldSet.newBuilder().addField(1001, text).build())
        .build();
  }
}
