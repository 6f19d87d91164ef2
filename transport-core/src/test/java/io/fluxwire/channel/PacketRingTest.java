package io.fluxwire.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacketRingTest {

  private final PacketRing ring = new PacketRing();

  private static byte[] packet(long number) {
    return ByteBuffer.allocate(8).putLong(number).array();
  }

  @Test
  void eachNumberHasItsPacketHoweverItGrowsAndShrinks() {
    Random random = new Random(1);
    long first = 0;
    long next = 0;
    for (int turn = 0; turn < 200; turn++) {
      int most = turn % 20 == 0 ? 1_000 : 40;
      for (int i = random.nextInt(most); i > 0; i--) {
        ring.add(packet(next++));
      }
      for (int i = random.nextInt(2 * most); i > 0 && first < next; i--) {
        assertThat(ring.remove()).isEqualTo(packet(first++));
      }
      for (long number = first; number < next; number++) {
        assertThat(ring.get(number)).isEqualTo(packet(number));
      }
    }
  }

  @Test
  void whatIsNotThereIsNotGiven() {
    assertThatThrownBy(ring::remove).isInstanceOf(IndexOutOfBoundsException.class);
    ring.add(packet(0));
    ring.add(packet(1));
    ring.remove();
    assertThatThrownBy(() -> ring.get(0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> ring.get(2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(ring.get(1)).isEqualTo(packet(1));
  }
}
