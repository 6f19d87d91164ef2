package io.fluxwire.netty.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.util.IllegalReferenceCountException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.tcp.TcpClient;

/** Beside a peer that is a plain socket. */
class NettyByteDuplexTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private ServerSocket listener;
  private Socket peer;
  private NettyByteDuplex duplex;

  @BeforeEach
  void connect() throws IOException {
    listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    duplex =
        TcpClient.newConnection()
            .host("127.0.0.1")
            .port(listener.getLocalPort())
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.AUTO_READ, false)
            .connect()
            .map(NettyByteDuplex::over)
            .block(LIMIT);
    peer = listener.accept();
    peer.setSoTimeout((int) LIMIT.toMillis());
  }

  @AfterEach
  void close() throws IOException {
    duplex.dispose();
    duplex.onClose().block(LIMIT);
    peer.close();
    listener.close();
  }

  /** More than once, since a read too many closed the channel only where it was late. */
  @RepeatedTest(20)
  void whoeverReadsAfterThePeersEndGetsAllAndMayAnswer() throws IOException {
    peer.getOutputStream().write(new byte[100]);
    peer.shutdownOutput();
    duplex.onInputEnd().block(LIMIT);

    Integer bytes =
        duplex.receive().map(ByteBuf::readableBytes).reduce(0, Integer::sum).block(LIMIT);
    Sinks.Empty<Void> written = Sinks.empty();
    duplex.write(
        Unpooled.wrappedBuffer(new byte[] {7}),
        failure -> {
          if (failure == null) {
            written.tryEmitEmpty();
          } else {
            written.tryEmitError(failure);
          }
        });
    written.asMono().block(LIMIT);

    assertThat(bytes).isEqualTo(100);
    assertThat(peer.getInputStream().read()).isEqualTo(7);
  }

  /** Whoever subscribes and closes right after that still gets what had come before. */
  @Test
  void aReaderIsNotOvertakenByAClose() throws Exception {
    AtomicBoolean subscribed = new AtomicBoolean();
    Sinks.One<Integer> received = Sinks.one();
    duplex
        .scheduler()
        .schedule(
            () -> {
              duplex.unread(Unpooled.wrappedBuffer(new byte[100]));
              // An event loop must neither block nor yield.
              long spins = 0;
              while (!subscribed.get()) {
                spins++;
              }
              assertThat(spins).isNotNegative();
              // In the task that the event loop runs already, ahead of the reader's.
              duplex.shutdownOutput();
            });
    duplex
        .receive()
        .map(ByteBuf::readableBytes)
        .reduce(0, Integer::sum)
        .subscribe(received::tryEmitValue, received::tryEmitError);
    subscribed.set(true);
    peer.shutdownOutput();

    assertThat(received.asMono().block(LIMIT)).isEqualTo(100);
  }

  /** It releases what it has only borrowed, so that the release after it throws. */
  @Test
  void aReaderThatReleasesTooMuchGetsAnErrorAndTheConnectionEnds() throws IOException {
    peer.getOutputStream().write(new byte[100]);
    Mono<Void> reading = duplex.receive().doOnNext(ByteBuf::release).then();

    assertThatThrownBy(() -> reading.block(LIMIT))
        .isInstanceOf(IllegalReferenceCountException.class);
    duplex.onClose().block(LIMIT);
  }

  /** The leak detector tells. */
  @Test
  void whatNobodyHasReadIsReleasedWithTheConnection() throws IOException {
    peer.getOutputStream().write(new byte[100]);
    peer.shutdownOutput();
    duplex.onInputEnd().block(LIMIT);
    duplex.dispose();
    duplex.onClose().block(LIMIT);

    assertThat(duplex.isDisposed()).isTrue();
  }
}
