package io.fluxwire.handshake.v3;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.fluxwire.proto.Authenticate;
import io.fluxwire.proto.Pkt;

/** Proofs that hold something twice, as no builder of protobuf's makes them. */
final class Repeated {

  private Repeated() {}

  static Pkt upgrade(Pkt proof) {
    ByteString field = proof.getAuth().getUpgrade();
    Authenticate twice =
        proof.getAuth().toBuilder()
            .clearUpgrade()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(
                        Authenticate.UPGRADE_FIELD_NUMBER,
                        UnknownFieldSet.Field.newBuilder()
                            .addLengthDelimited(field)
                            .addLengthDelimited(field)
                            .build())
                    .build())
            .build();
    return Pkt.newBuilder().setAuth(twice).build();
  }

  static Pkt authenticate(Pkt proof) {
    ByteString auth = proof.getAuth().toByteString();
    return Pkt.newBuilder()
        .setUnknownFields(
            UnknownFieldSet.newBuilder()
                .addField(
                    Pkt.AUTH_FIELD_NUMBER,
                    UnknownFieldSet.Field.newBuilder()
                        .addLengthDelimited(auth)
                        .addLengthDelimited(auth)
                        .build())
                .build())
        .build();
  }
}
