package io.fluxwire;

import io.fluxwire.crypto.Secp256k1;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The identity of a node: its public key, a compressed secp256k1 point of 33 bytes. A value: ids
 * are compared by their bytes, and printed and parsed as 66 hex digits.
 */
public final class NodeId implements Comparable<NodeId> {

  /** The size of a node id: 33 bytes. */
  public static final int SIZE = 33;

  private final byte[] bytes;

  private NodeId(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A node id from its bytes.
   *
   * @param bytes 33 bytes, copied
   * @return the id
   * @throws IllegalArgumentException when they are not the compressed form of a point of the curve
   */
  public static NodeId of(byte[] bytes) {
    if (!Secp256k1.preferred().isPublicKey(bytes)) {
      throw new IllegalArgumentException(
          "not a node id: expected 33 bytes, a compressed secp256k1 public key");
    }
    return new NodeId(bytes.clone());
  }

  /**
   * A node id from its hex form.
   *
   * @param hex 66 hex digits, of either case
   * @return the id
   * @throws IllegalArgumentException when it is not the hex form of a node id
   */
  public static NodeId parse(String hex) {
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(hex);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "not a node id: expected 66 hex digits, got '" + hex + "'", e);
    }
    return of(bytes);
  }

  /**
   * The id's bytes.
   *
   * @return 33 bytes, a copy
   */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /**
   * The beginning of the id, by which people can tell a few nodes apart. It proves nothing: anybody
   * can generate keys until an id begins in the same way.
   *
   * @return the first 8 hex digits
   */
  public String toShortString() {
    return toString().substring(0, 8);
  }

  @Override
  public int compareTo(NodeId other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NodeId id && Arrays.equals(bytes, id.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** The id as 66 lower-case hex digits, which {@link #parse} takes. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
