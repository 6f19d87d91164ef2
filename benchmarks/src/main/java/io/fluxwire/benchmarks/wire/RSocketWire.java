package io.fluxwire.benchmarks.wire;

import io.netty.handler.ssl.SslContext;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.core.RSocketConnector;
import io.rsocket.core.RSocketServer;
import io.rsocket.frame.decoder.PayloadDecoder;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.transport.netty.server.CloseableChannel;
import io.rsocket.transport.netty.server.TcpServerTransport;
import io.rsocket.util.ByteBufPayload;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** RSocket over TCP, plain or under TLS. */
final class RSocketWire implements Wire {

  /** How many bytes may be asked for at once. */
  private static final int DEMAND = 8 * 1024 * 1024;

  private final String name;
  private final @Nullable SslContext serverTls;
  private final @Nullable SslContext clientTls;

  private final Congestion congestion;

  RSocketWire(String name, Congestion congestion, @Nullable Tls tls) {
    this.congestion = congestion;
    this.name = name;
    this.serverTls = tls == null ? null : tls.server();
    this.clientTls = tls == null ? null : tls.client();
  }

  @Override
  public String name() {
    return name;
  }

  private Server serve(SocketAcceptor acceptor) {
    CloseableChannel server =
        RSocketServer.create(acceptor)
            .payloadDecoder(PayloadDecoder.ZERO_COPY)
            .bindNow(TcpServerTransport.create(TcpWire.server(congestion, serverTls)));
    return new Server(server.address(), server);
  }

  private Mono<RSocket> connect(Server to) {
    return RSocketConnector.create()
        .payloadDecoder(PayloadDecoder.ZERO_COPY)
        .connect(TcpClientTransport.create(TcpWire.client(to.address(), congestion, clientTls)));
  }

  @Override
  public Server streaming(int size) {
    byte[] body = new byte[size];
    return serve(
        SocketAcceptor.forRequestStream(
            request -> {
              request.release();
              return Flux.generate(sink -> sink.next(ByteBufPayload.create(body)));
            }));
  }

  @Override
  public Server echoing() {
    return serve(SocketAcceptor.forRequestResponse(Mono::just));
  }

  @Override
  public Server greeting() {
    return echoing();
  }

  @Override
  public Flux<Integer> download(Server from, int size) {
    return Flux.usingWhen(
        connect(from),
        socket ->
            socket
                .requestStream(ByteBufPayload.create("go"))
                .map(RSocketWire::sizeOf)
                // Without a limit the server would queue without a bound.
                .limitRate(Math.max(2, Math.min(1024, DEMAND / size))),
        socket -> Mono.fromRunnable(socket::dispose));
  }

  private static int sizeOf(Payload payload) {
    int size = payload.data().readableBytes();
    payload.release();
    return size;
  }

  @Override
  public Flux<Long> pingPong(Server with, int size) {
    byte[] body = new byte[size];
    return Flux.usingWhen(
        connect(with),
        socket ->
            Mono.defer(
                    () -> {
                      long sent = System.nanoTime();
                      return socket
                          .requestResponse(ByteBufPayload.create(body))
                          .map(
                              answer -> {
                                answer.release();
                                return System.nanoTime() - sent;
                              });
                    })
                .repeat(),
        socket -> Mono.fromRunnable(socket::dispose));
  }

  @Override
  public Mono<Void> meet(Server with) {
    return join(with).doOnNext(Disposable::dispose).then();
  }

  @Override
  public Mono<Disposable> join(Server with) {
    return connect(with)
        .flatMap(
            socket ->
                socket
                    .requestResponse(ByteBufPayload.create(new byte[64]))
                    .map(
                        answer -> {
                          answer.release();
                          return socket;
                        }));
  }
}
