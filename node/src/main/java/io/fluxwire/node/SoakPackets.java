package io.fluxwire.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.fluxwire.node.proto.Data;
import io.fluxwire.node.proto.NodePkt;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Numbered packets whose bodies follow from the numbers, so that who receives knows each byte that
 * is due.
 *
 * @param seed decides the bodies
 * @param maxBody the size of the largest, in bytes
 */
record SoakPackets(long seed, int maxBody) {

  NodePkt packet(long number) {
    return NodePkt.newBuilder()
        .setData(Data.newBuilder().setNumber(number).setBody(body(number)))
        .build();
  }

  /** What is wrong with a packet in the place of this number; null if nothing is. */
  @Nullable String fault(NodePkt packet, long due) {
    if (!packet.hasData()) {
      return "a packet of type " + packet.getPktCase();
    }
    Data data = packet.getData();
    if (data.getNumber() != due) {
      return "packet %,d where %,d was due".formatted(data.getNumber(), due);
    }
    return data.getBody().equals(body(due)) ? null : "another body in packet %,d".formatted(due);
  }

  private ByteString body(long number) {
    SplittableRandom random = new SplittableRandom(seed ^ (number * 0x9E3779B97F4A7C15L));
    byte[] body = new byte[random.nextInt(maxBody + 1)];
    random.nextBytes(body);
    return UnsafeByteOperations.unsafeWrap(body);
  }
}
