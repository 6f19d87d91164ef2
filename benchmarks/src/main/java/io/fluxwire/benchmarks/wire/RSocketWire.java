package io.fluxwire.benchmarks.wire;

import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.core.RSocketConnector;
import io.rsocket.core.RSocketServer;
import io.rsocket.core.Resume;
import io.rsocket.frame.decoder.PayloadDecoder;
import io.rsocket.resume.InMemoryResumableFramesStore;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.transport.netty.server.CloseableChannel;
import io.rsocket.transport.netty.server.TcpServerTransport;
import io.rsocket.util.ByteBufPayload;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** RSocket over TCP, plain or under TLS, or over Fluxwire, with or without its way to resume. */
final class RSocketWire implements Wire, Requests {

  /** How many bytes may be asked for at once. */
  private static final int DEMAND = 8 * 1024 * 1024;

  /** What a side keeps to resume, as much as a channel keeps by default. */
  private static final int KEPT = 16 * 1024 * 1024;

  /** A keep-alive is what says how far a side has come: the default is every 20 s. */
  private static final Duration KEEP_ALIVE = Duration.ofMillis(100);

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final String name;
  private final Carrier carrier;
  private final boolean resumes;

  /** What carries RSocket's frames. */
  interface Carrier {

    Server bind(RSocketServer settings);

    Mono<RSocket> connect(RSocketConnector settings, Server to);
  }

  RSocketWire(String name, Carrier carrier) {
    this(name, carrier, false);
  }

  RSocketWire(String name, Congestion congestion, @Nullable Tls tls) {
    this(name, new Tcp(congestion, tls), false);
  }

  private RSocketWire(String name, Carrier carrier, boolean resumes) {
    this.name = name;
    this.carrier = carrier;
    this.resumes = resumes;
  }

  /** One that keeps frames in memory, and forgets the oldest ones where it has no room. */
  static RSocketWire resuming(String name, Congestion congestion, @Nullable Tls tls) {
    return new RSocketWire(name, new Tcp(congestion, tls), true);
  }

  private static Resume resume(String side) {
    return new Resume()
        .sessionDuration(PATIENCE)
        .storeFactory(token -> new InMemoryResumableFramesStore(side, token, KEPT));
  }

  @Override
  public String name() {
    return name;
  }

  private Server serve(SocketAcceptor acceptor) {
    RSocketServer settings =
        RSocketServer.create(acceptor).payloadDecoder(PayloadDecoder.ZERO_COPY);
    return carrier.bind(resumes ? settings.resume(resume("server")) : settings);
  }

  private Mono<RSocket> connect(Server to) {
    RSocketConnector settings = RSocketConnector.create().payloadDecoder(PayloadDecoder.ZERO_COPY);
    return carrier.connect(
        resumes ? settings.resume(resume("client")).keepAlive(KEEP_ALIVE, PATIENCE) : settings, to);
  }

  private record Tcp(Congestion congestion, @Nullable Tls tls) implements Carrier {

    @Override
    public Server bind(RSocketServer settings) {
      CloseableChannel server =
          settings.bindNow(
              TcpServerTransport.create(
                  TcpWire.server(congestion, tls == null ? null : tls.server())));
      return new Server(server.address(), server);
    }

    @Override
    public Mono<RSocket> connect(RSocketConnector settings, Server to) {
      return settings.connect(
          TcpClientTransport.create(
              TcpWire.client(to.address(), congestion, tls == null ? null : tls.client())));
    }
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
    return requests(with, size, 1);
  }

  @Override
  public Flux<Long> requests(Server with, int size, int atOnce) {
    byte[] body = new byte[size];
    return Flux.usingWhen(
        connect(with),
        socket -> Flux.range(0, atOnce).flatMap(i -> roundTrip(socket, body).repeat(), atOnce),
        socket -> Mono.fromRunnable(socket::dispose));
  }

  private static Mono<Long> roundTrip(RSocket socket, byte[] body) {
    return Mono.defer(
        () -> {
          long sent = System.nanoTime();
          return socket
              .requestResponse(ByteBufPayload.create(body))
              .map(
                  answer -> {
                    answer.release();
                    return System.nanoTime() - sent;
                  });
        });
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
