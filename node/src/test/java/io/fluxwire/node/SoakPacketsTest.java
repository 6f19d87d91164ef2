package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.node.proto.Ping;
import org.junit.jupiter.api.Test;

class SoakPacketsTest {

  private final SoakPackets packets = new SoakPackets(1, 1000);

  @Test
  void whatIsDueIsNoFaultAndAllElseIs() {
    NodePkt third = packets.packet(3);

    assertThat(new SoakPackets(1, 1000).fault(third, 3)).isNull();
    assertThat(packets.fault(third, 2)).isEqualTo("packet 3 where 2 was due");
    assertThat(new SoakPackets(2, 1000).fault(third, 3)).isEqualTo("another body in packet 3");
    assertThat(
            packets.fault(NodePkt.newBuilder().setPing(Ping.newBuilder().setNanos(1)).build(), 3))
        .isEqualTo("a packet of type PING");
  }
}
