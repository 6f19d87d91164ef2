package io.fluxwire.benchmarks.wire;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.RawUnixChannelOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/**
 * TCP's congestion control, the same for all wires. Some systems have BBR, which sends by timers at
 * the rate that it measured: on loopback that measures the timers, and varies from run to run.
 */
final class Congestion {

  /** Linux's default. */
  static final String USUAL = "cubic";

  static final String SYSTEMS = "system";

  private static final int IPPROTO_TCP = 6;
  private static final int TCP_CONGESTION = 13;
  private static final Path KERNEL = Path.of("/proc/sys/net/ipv4");

  private final String name;
  private final @Nullable RawUnixChannelOption option;

  private Congestion(String name, @Nullable RawUnixChannelOption option) {
    this.name = name;
    this.option = option;
  }

  /** By name; the system's own where it has no such. */
  static Congestion of(String wanted) throws IOException {
    if (wanted.equals(SYSTEMS) || !Epoll.isAvailable() || !isAvailable(wanted)) {
      Path current = KERNEL.resolve("tcp_congestion_control");
      return new Congestion(
          Files.isReadable(current) ? Files.readString(current).strip() : SYSTEMS, null);
    }
    return new Congestion(
        wanted,
        new RawUnixChannelOption("TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION, wanted.length()));
  }

  private static boolean isAvailable(String wanted) throws IOException {
    Path available = KERNEL.resolve("tcp_available_congestion_control");
    return Files.isReadable(available)
        && List.of(Files.readString(available).strip().split(" ")).contains(wanted);
  }

  TcpServer on(TcpServer server) {
    return server.doOnChannelInit((observer, channel, address) -> set(channel));
  }

  TcpClient on(TcpClient client) {
    return client.doOnChannelInit((observer, channel, address) -> set(channel));
  }

  private void set(Channel channel) {
    if (option != null) {
      channel.config().setOption(option, ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)));
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
