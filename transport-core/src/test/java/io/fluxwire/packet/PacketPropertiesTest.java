package io.fluxwire.packet;

import io.fluxwire.PeerException;
import io.fluxwire.testing.GoldenSessions;
import io.netty.buffer.Unpooled;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PacketPropertiesTest {

  @Property(tries = 3000)
  void randomBytesThrowNothingButAPeerException(@ForAll @Size(max = 200) byte[] payload) {
    decode(PacketCodec.pkt(), payload);
    decode(TestPackets.CODEC, payload);
  }

  @Property(tries = 3000)
  void alteredPacketsThrowNothingButAPeerException(
      @ForAll @IntRange(min = 0, max = 10) int which,
      @ForAll @Size(min = 1, max = 4) int[] positions,
      @ForAll byte value) {
    byte[] payload = GoldenSessions.all().get(0).a().packets().get(which).payload().bytes();
    for (int position : positions) {
      payload[Math.floorMod(position, payload.length)] = value;
    }
    decode(PacketCodec.pkt(), payload);
    decode(TestPackets.CODEC, payload);
  }

  @Property(tries = 500)
  void deepNestingThrowsNothingButAPeerException(
      @ForAll @IntRange(min = 1, max = 20_000) int depth, @ForAll boolean groups) {
    byte[] payload = new byte[depth * 2];
    for (int i = 0; i < payload.length; i += 2) {
      // Of field 1001 in AppPkt nothing is left after the first level; unknown groups go on.
      payload[i] = groups ? (byte) 0x0b : (byte) 0xc2;
      payload[i + 1] = groups ? (byte) 0x0b : (byte) 0x02;
    }
    decode(PacketCodec.pkt(), payload);
    decode(TestPackets.CODEC, payload);
  }

  private static void decode(PacketCodec<?> codec, byte[] payload) {
    try {
      codec.decode(Unpooled.wrappedBuffer(payload));
    } catch (PeerException expected) {
      // Any other exception fails the property.
    }
  }
}
