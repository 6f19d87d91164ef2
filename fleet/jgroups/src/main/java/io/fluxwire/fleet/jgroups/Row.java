package io.fluxwire.fleet.jgroups;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.nio.ByteBuffer;

/**
 * A peer that an instance holds, as small as it can be kept, since each instance keeps those of all
 * others: the 33 bytes of the id in one object with the epoch. Equal to another one of the same
 * peer, whatever their epochs.
 */
final class Row {

  /** How many bytes a row is in a frame. */
  static final int SIZE = NodeId.SIZE + Long.BYTES;

  private final byte sign;
  private final long first;
  private final long second;
  private final long third;
  private final long fourth;

  private volatile long epoch;

  private Row(ByteBuffer peer, long epoch) {
    this.sign = peer.get();
    this.first = peer.getLong();
    this.second = peer.getLong();
    this.third = peer.getLong();
    this.fourth = peer.getLong();
    this.epoch = epoch;
  }

  static Row of(NodeId peer, long epoch) {
    return new Row(ByteBuffer.wrap(peer.toBytes()), epoch);
  }

  static Row read(ByteBuffer from) {
    Row row = new Row(from, 0);
    row.epoch = from.getLong();
    return row;
  }

  void write(ByteBuffer to) {
    writePeer(to);
    to.putLong(epoch);
  }

  private void writePeer(ByteBuffer to) {
    to.put(sign).putLong(first).putLong(second).putLong(third).putLong(fourth);
  }

  long epoch() {
    return epoch;
  }

  void epoch(long later) {
    epoch = later;
  }

  /**
   * The row for those outside.
   *
   * @throws IllegalArgumentException when the peer is not a point of the curve
   */
  Holding of(InstanceId instance) {
    byte[] peer = new byte[NodeId.SIZE];
    writePeer(ByteBuffer.wrap(peer));
    return new Holding(NodeId.of(peer), instance, epoch);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Row row
        && sign == row.sign
        && first == row.first
        && second == row.second
        && third == row.third
        && fourth == row.fourth;
  }

  /** By all of the id, since whoever makes ids can choose how they begin. */
  @Override
  public int hashCode() {
    return Long.hashCode(first ^ 31 * second ^ 961 * third ^ 29791 * fourth) ^ sign;
  }
}
