package io.fluxwire.benchmarks.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** Reactor Netty's TCP, plain or under TLS. */
final class TcpWire extends PipeWire {

  private final @Nullable SslContext serverTls;
  private final @Nullable SslContext clientTls;

  private final Congestion congestion;

  private TcpWire(
      String name,
      Congestion congestion,
      @Nullable SslContext serverTls,
      @Nullable SslContext clientTls) {
    super(name);
    this.congestion = congestion;
    this.serverTls = serverTls;
    this.clientTls = clientTls;
  }

  static TcpWire plain(Congestion congestion) {
    return new TcpWire("plain TCP", congestion, null, null);
  }

  static TcpWire tls(String name, Congestion congestion, Tls tls) {
    return new TcpWire(name, congestion, tls.server(), tls.client());
  }

  @Override
  ByteBuf body(int size) {
    // Nobody releases it, so it is memory that the collector frees and the leak detector ignores.
    return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(size)));
  }

  static TcpServer server(Congestion congestion, @Nullable SslContext tls) {
    TcpServer server = congestion.on(TcpServer.create().host("127.0.0.1").port(0));
    return tls == null ? server : server.secure(spec -> spec.sslContext(tls));
  }

  static TcpClient client(InetSocketAddress to, Congestion congestion, @Nullable SslContext tls) {
    TcpClient client = congestion.on(TcpClient.newConnection().remoteAddress(() -> to));
    return tls == null ? client : client.secure(spec -> spec.sslContext(tls));
  }

  @Override
  Server serve(Function<Pipe, Publisher<Void>> handler) {
    DisposableServer server =
        server(congestion, serverTls)
            .doOnConnection(
                connection ->
                    Mono.from(handler.apply(new Channel(connection)))
                        .doFinally(signal -> connection.dispose())
                        .subscribe(null, failure -> {}))
            .bindNow();
    return new Server(
        (InetSocketAddress) server.address(), () -> server.disposeNow(Duration.ofSeconds(20)));
  }

  @Override
  Mono<Pipe> connect(Server to) {
    return client(to.address(), congestion, clientTls).connect().map(Channel::new);
  }

  private record Channel(Connection connection) implements Pipe {

    @Override
    public Flux<ByteBuf> receive() {
      return connection.inbound().receive();
    }

    @Override
    public Mono<Void> send(Publisher<ByteBuf> packets) {
      return connection.outbound().send(packets).then();
    }

    @Override
    public Mono<Void> close() {
      return Mono.fromRunnable(connection::dispose)
          .subscribeOn(Schedulers.parallel())
          .then(connection.onDispose());
    }

    @Override
    public void dispose() {
      connection.dispose();
    }
  }
}
