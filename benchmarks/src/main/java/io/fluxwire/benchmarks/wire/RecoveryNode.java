package io.fluxwire.benchmarks.wire;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import reactor.core.publisher.Flux;

/** The sending side of {@link Recovery}, in a process of its own that ends without closing. */
final class RecoveryNode {

  static final String CHANNEL = "recovery";

  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  private RecoveryNode() {}

  /**
   * Stores packets, says so and ends; or opens the channel, says so, and ends with its standard
   * input, after it has said what memory it takes.
   *
   * @param args the identities' folder, the store's, the peer's port, and the number of packets to
   *     store, or 0 to go on with those that are stored
   * @throws IOException when files cannot be read
   */
  public static void main(String[] args) throws IOException {
    Identities identities = new Identities(Path.of(args[0]));
    ChannelSpec spec =
        ChannelSpec.of(DiskChannelStore.create(Path.of(args[1]))).maxBytes(Long.MAX_VALUE / 2);
    int packets = Integer.parseInt(args[3]);
    long began = System.nanoTime();
    PeerChannel<ByteBuf> channel =
        PeerClient.create(identities.clientKey(), PacketCodec.raw())
            .remote("127.0.0.1", Integer.parseInt(args[2]))
            .expect(identities.serverKey().id())
            .channel(CHANNEL, spec)
            .blockOptional(LIMIT)
            .orElseThrow();
    if (packets > 0) {
      fill(channel, packets);
      System.out.println("filled");
    } else {
      System.out.println("opened " + (System.nanoTime() - began));
      while (System.in.read() >= 0) {
        // Waits for its end.
      }
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      System.out.println("heap " + (runtime.totalMemory() - runtime.freeMemory()));
      System.out.println("resident " + residentAtMost());
    }
    System.out.flush();
    // As a crash does: nothing is closed.
    Runtime.getRuntime().halt(0);
  }

  private static void fill(PeerChannel<ByteBuf> channel, int packets) {
    ByteBuf body = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(new byte[Recovery.PACKET]));
    channel.send(Flux.range(0, packets).map(i -> body.retainedDuplicate())).block(LIMIT);
  }

  /** The most memory that this process has had, in bytes; 0 where the system does not tell. */
  private static long residentAtMost() throws IOException {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith(PEAK))
        .map(line -> line.substring(PEAK.length()).strip().split(" ")[0])
        .mapToLong(kilobytes -> Long.parseLong(kilobytes) * 1024)
        .findFirst()
        .orElse(0);
  }
}
