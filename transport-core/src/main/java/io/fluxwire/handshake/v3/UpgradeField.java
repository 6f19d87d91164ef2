package io.fluxwire.handshake.v3;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.fluxwire.PacketException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Aead;
import io.fluxwire.internal.FailureText;
import io.fluxwire.proto.Authenticate;
import io.fluxwire.proto.Pkt;
import io.fluxwire.proto.Upgrade;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The message {@code Upgrade} as it is on the wire (protocol.md section 9.1), whether an offer or a
 * choice. By hand, since protobuf's parsers merge what is there twice and truncate numbers.
 *
 * @param aeads the known ciphers, in the order of their first appearance
 * @param aeadCount how many numbers there were, known or not
 * @param kem the key or the ciphertext; null if there was none
 * @param features the bits; 0 if there were none
 */
record UpgradeField(Set<Aead> aeads, int aeadCount, byte @Nullable [] kem, long features) {

  private static final int AUTH = tag(Pkt.AUTH_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int UPGRADE =
      tag(Authenticate.UPGRADE_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int AEAD = tag(Upgrade.AEAD_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int AEAD_PACKED =
      tag(Upgrade.AEAD_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int KEM =
      tag(Upgrade.KEM_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int FEATURES =
      tag(Upgrade.FEATURES_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);

  private static int tag(int number, int wireType) {
    return number << 3 | wireType;
  }

  /** The one of ciphers that are all known. */
  static UpgradeField of(List<Aead> aeads, byte @Nullable [] kem, long features) {
    return new UpgradeField(new LinkedHashSet<>(aeads), aeads.size(), kem, features);
  }

  /**
   * Finds the field in a payload that {@link Authenticator} has parsed.
   *
   * @return its content; null if there is none
   * @throws PacketException with {@link Reason#UPGRADE_MALFORMED} when it, or {@code auth} around
   *     it, is there twice
   */
  static byte @Nullable [] in(byte[] payload) {
    try {
      List<byte[]> auths = all(payload, AUTH);
      List<byte[]> upgrades = new ArrayList<>();
      for (byte[] auth : auths) {
        upgrades.addAll(all(auth, UPGRADE));
      }
      if (auths.size() != 1) {
        throw malformed("authenticate is there %d times".formatted(auths.size()));
      }
      if (upgrades.size() > 1) {
        throw malformed("upgrade is there %d times".formatted(upgrades.size()));
      }
      return upgrades.isEmpty() ? null : upgrades.get(0);
    } catch (IOException e) {
      throw PacketException.malformed(e);
    }
  }

  /** Whether the field is there at all, in a payload that need not be right otherwise. */
  static boolean isIn(byte[] payload) {
    CodedInputStream in = CodedInputStream.newInstance(payload);
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag != AUTH) {
          if (!in.skipField(tag)) {
            return false;
          }
          continue;
        }
        int outer = in.pushLimit(in.readRawVarint32());
        for (int inner = in.readTag(); inner != 0; inner = in.readTag()) {
          if (inner == UPGRADE) {
            return true;
          }
          if (!in.skipField(inner)) {
            return false;
          }
        }
        in.popLimit(outer);
      }
    } catch (IOException e) {
      // Broken before any: whoever sent that has chosen nothing.
    }
    return false;
  }

  private static List<byte[]> all(byte[] message, int wanted) throws IOException {
    List<byte[]> found = new ArrayList<>();
    CodedInputStream in = CodedInputStream.newInstance(message);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == wanted) {
        found.add(in.readByteArray());
      } else {
        in.skipField(tag);
      }
    }
    return found;
  }

  /**
   * Parses the content of the field.
   *
   * @throws PacketException with {@link Reason#UPGRADE_MALFORMED}, or with {@link
   *     Reason#UNKNOWN_EVEN_FIELD}
   */
  static UpgradeField parse(byte[] content) {
    try {
      return new Reading().read(CodedInputStream.newInstance(content));
    } catch (IOException e) {
      throw new PacketException(
          Reason.UPGRADE_MALFORMED,
          "the peer's upgrade is malformed: " + FailureText.ofParser(e),
          e);
    }
  }

  /** What is read of one so far. */
  private static final class Reading {

    private final Set<Aead> aeads = new LinkedHashSet<>();
    private int aeadCount;
    private byte @Nullable [] kem;
    private @Nullable Long features;

    UpgradeField read(CodedInputStream in) throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == AEAD) {
          add(number(in));
        } else if (tag == AEAD_PACKED) {
          int outer = in.pushLimit(in.readRawVarint32());
          while (!in.isAtEnd()) {
            add(number(in));
          }
          in.popLimit(outer);
        } else if (tag == KEM) {
          requireFirst("kem", kem);
          kem = in.readByteArray();
        } else if (tag == FEATURES) {
          requireFirst("features", features);
          features = number(in);
        } else {
          passOver(in, tag);
        }
      }
      Long bits = features;
      return new UpgradeField(aeads, aeadCount, kem, bits == null ? 0 : bits);
    }

    /** Protobuf's own method overlooks that a number goes on after its tenth byte. */
    private static long number(CodedInputStream in) throws IOException {
      long value = 0;
      for (int shift = 0; shift < Long.SIZE; shift += 7) {
        byte next = in.readRawByte();
        value |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw malformed("a number has more than 10 bytes");
    }

    /** Counts, and keeps the known ones: as many numbers come as the peer likes. */
    private void add(long number) {
      aeadCount++;
      Aead.of(number).ifPresent(aeads::add);
    }

    private static void requireFirst(String name, @Nullable Object before) {
      if (before != null) {
        throw malformed(name + " is there twice");
      }
    }

    private static void passOver(CodedInputStream in, int tag) throws IOException {
      int number = WireFormat.getTagFieldNumber(tag);
      if ((number & 1) == 0) {
        throw new PacketException(
            Reason.UNKNOWN_EVEN_FIELD,
            "the peer requires field %d of Pkt.auth.upgrade, which this side does not know"
                .formatted(number));
      }
      if (!in.skipField(tag)) {
        throw malformed("a group ends that did not start");
      }
    }
  }

  static PacketException malformed(String how) {
    return new PacketException(Reason.UPGRADE_MALFORMED, "the peer's upgrade is malformed: " + how);
  }

  /** The content of the field, each number in a field of its own. */
  byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      for (Aead aead : aeads) {
        out.writeUInt32(Upgrade.AEAD_FIELD_NUMBER, aead.number());
      }
      if (kem != null) {
        out.writeByteArray(Upgrade.KEM_FIELD_NUMBER, kem);
      }
      if (features != 0) {
        out.writeUInt64(Upgrade.FEATURES_FIELD_NUMBER, features);
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
