package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

class SocketOptionsTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** The options of both ends, while the connection is open, as text. */
  private static String options(
      UnaryOperator<TcpClient> tcp, Function<ChannelConfig, String> read) {
    AtomicReference<ChannelConfig> dialled = new AtomicReference<>();
    DisposablePeerServer server = PeerServer.create().host("127.0.0.1").bindNow();
    try {
      return PeerClient.create()
          .remote(server.address())
          .tcp(
              client ->
                  tcp.apply(client)
                      .doOnConnected(connection -> dialled.set(connection.channel().config())))
          .connect()
          .flatMap(
              peer -> {
                String found = read.apply(Objects.requireNonNull(dialled.get()));
                return peer.close().thenReturn(found);
              })
          .block(LIMIT);
    } finally {
      server.disposeNow(LIMIT);
    }
  }

  private static String epoll(ChannelConfig config) {
    return config.getOption(ChannelOption.SO_KEEPALIVE)
        + " "
        + config.getOption(EpollChannelOption.TCP_KEEPIDLE)
        + " "
        + config.getOption(EpollChannelOption.TCP_KEEPINTVL)
        + " "
        + config.getOption(EpollChannelOption.TCP_KEEPCNT)
        + " "
        + config.getOption(EpollChannelOption.TCP_USER_TIMEOUT);
  }

  @Test
  void aDialledConnectionIsProbedAndGivenUp() {
    assumeTrue(Epoll.isAvailable());
    assertThat(options(UnaryOperator.identity(), SocketOptionsTest::epoll))
        .isEqualTo("true 30 10 3 30000");
  }

  @Test
  void theApplicationsUserTimeoutStays() {
    assumeTrue(Epoll.isAvailable());
    assertThat(
            options(
                tcp -> tcp.option(EpollChannelOption.TCP_USER_TIMEOUT, 5000),
                SocketOptionsTest::epoll))
        .isEqualTo("true 30 10 3 5000");
  }

  @Test
  void whoDoesNotWantItIsLeftAlone() {
    assumeTrue(Epoll.isAvailable());
    assertThat(
            options(tcp -> tcp.option(ChannelOption.SO_KEEPALIVE, false), SocketOptionsTest::epoll))
        .startsWith("false")
        .endsWith(" 0");
  }

  @Test
  void theSystemHoldsLittleThatIsNotSent() {
    assumeTrue(Epoll.isAvailable());
    assertThat(options(UnaryOperator.identity(), SocketOptionsTest::unsent)).isEqualTo("262144");
  }

  @Test
  void theApplicationsLimitOfWhatIsNotSentStays() {
    assumeTrue(Epoll.isAvailable());
    assertThat(
            options(
                tcp -> tcp.option(EpollChannelOption.TCP_NOTSENT_LOWAT, 16_384L),
                SocketOptionsTest::unsent))
        .isEqualTo("16384");
  }

  private static String unsent(ChannelConfig config) {
    return String.valueOf(config.getOption(EpollChannelOption.TCP_NOTSENT_LOWAT));
  }

  @Test
  void nioProbesToo() {
    LoopResources nio = LoopResources.create("nio", 1, true);
    assertThat(
            options(
                tcp -> tcp.runOn(nio, false),
                config ->
                    config.getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE))
                        + " "
                        + config.getOption(
                            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL))
                        + " "
                        + config.getOption(
                            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT))))
        .isEqualTo("30 10 3");
    nio.disposeLater(Duration.ZERO, LIMIT).block(LIMIT);
  }

  @Test
  void anAcceptedConnectionIsProbedAndGivenUp() {
    assumeTrue(Epoll.isAvailable());
    AtomicReference<ChannelConfig> accepted = new AtomicReference<>();
    DisposablePeerServer server =
        PeerServer.create()
            .host("127.0.0.1")
            .tcp((TcpServer tcp) -> tcp.doOnConnection(c -> accepted.set(c.channel().config())))
            .bindNow();
    String found =
        PeerClient.create()
            .remote(server.address())
            .connect()
            .flatMap(
                peer ->
                    Mono.just(epoll(Objects.requireNonNull(accepted.get())))
                        .flatMap(text -> peer.close().thenReturn(text)))
            .block(LIMIT);
    assertThat(found).isEqualTo("true 30 10 3 30000");
    server.disposeNow(LIMIT);
  }
}
