package io.fluxwire.netty.internal;

import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.FailureText;
import io.fluxwire.transport.ByteDuplex;
import io.fluxwire.transport.Listener;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ChannelBindException;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.tcp.TcpServer;
import reactor.netty.tcp.TcpServerConfig;

/**
 * Listens by Reactor Netty, on the server's bind address: an IP address and a port, or the path of
 * a Unix socket, which {@link UnixSocketFile} looks after.
 */
public final class NettyListener implements Listener {

  private static final Logger LOG = LoggerFactory.getLogger(NettyListener.class);

  private final TcpServer server;
  private final UnaryOperator<TcpServer> customizer;

  /**
   * Makes a listener.
   *
   * @param server the configured server, with half-closure allowed
   * @param customizer makes the application's changes to the server, once for each start
   */
  public NettyListener(TcpServer server, UnaryOperator<TcpServer> customizer) {
    this.server = server;
    this.customizer = customizer;
  }

  /**
   * {@inheritDoc} Errors with {@link ChannelBindException} when it cannot listen; the exception's
   * cause says why.
   */
  @Override
  public Mono<Bound> bind(Consumer<? super Accepted> accept) {
    return Mono.defer(() -> start(accept));
  }

  private Mono<Bound> start(Consumer<? super Accepted> accept) {
    // Reactor Netty does not unbind when a start fails or is cancelled after binding. This is set
    // first, since the application's callback for a bound server may be what fails.
    Disposable.Swap listening = Disposables.swap();
    TcpServer customized = customizer.apply(server.doOnBound(listening::update));
    SocketAddress address =
        UnixSockets.canonical(
            Objects.requireNonNull(customized.configuration().bindAddress()).get());
    Mono<Bound> starting =
        address instanceof UnixDomainSocketAddress unix
            ? startAtPath(customized, unix, accept)
            : start(customized, null, accept).map(InetBound::new);
    return starting.doOnError(failure -> listening.dispose()).doOnCancel(listening::dispose);
  }

  private static Mono<? extends DisposableServer> start(
      TcpServer server, @Nullable SocketAddress path, Consumer<? super Accepted> accept) {
    return server
        .doOnConnection(connection -> accept.accept(new NettyAccepted(connection, path)))
        .bind()
        .doOnNext(
            bound ->
                bound
                    .channel()
                    .pipeline()
                    .addFirst(
                        new AcceptFailures(
                            AddressText.of(bound.channel().localAddress()), System::nanoTime)));
  }

  /** Files are accessed on a thread that may block. */
  private static Mono<Bound> startAtPath(
      TcpServer server, UnixDomainSocketAddress address, Consumer<? super Accepted> accept) {
    return Mono.fromCallable(() -> new UnixSocketFile(address.getPath()))
        .flatMap(
            file ->
                start(at(file.bound(), server), address, accept)
                    .publishOn(Schedulers.boundedElastic())
                    .flatMap(bound -> publish(new UnixBound(bound, address, file))))
        .onErrorMap(IOException.class, failure -> ChannelBindException.fail(address, failure))
        // The exception names the temporary path that was bound.
        .onErrorMap(
            ChannelBindException.class,
            failure -> ChannelBindException.fail(address, failure.getCause()));
  }

  private static TcpServer at(Path path, TcpServer server) {
    TcpServerConfig config = server.configuration();
    SocketAddress address =
        UnixSockets.forChannels(
            UnixDomainSocketAddress.of(path),
            config.loopResources(),
            config.loopResources().onServerSelect(config.isPreferNative()));
    return UnixOptions.of(server).bindAddress(() -> address);
  }

  private static Mono<Bound> publish(UnixBound bound) {
    return Mono.<Bound>fromCallable(bound::publish)
        .doOnError(failure -> bound.dispose())
        .doOnCancel(bound::dispose);
  }

  private record InetBound(DisposableServer server) implements Bound {

    @Override
    public SocketAddress address() {
      return server.address();
    }

    @Override
    public void dispose() {
      server.dispose();
    }

    @Override
    public boolean isDisposed() {
      return server.isDisposed();
    }

    @Override
    public Mono<Void> onDispose() {
      return server.onDispose().onErrorComplete();
    }
  }

  private static final class UnixBound implements Bound {

    private final DisposableServer server;
    private final UnixDomainSocketAddress address;
    private final UnixSocketFile file;

    /** Once, however many ask for it. */
    private final Mono<Void> removal;

    UnixBound(DisposableServer server, UnixDomainSocketAddress address, UnixSocketFile file) {
      this.server = server;
      this.address = address;
      this.file = file;
      this.removal =
          Mono.<Void>fromCallable(this::remove)
              .subscribeOn(Schedulers.boundedElastic())
              .doOnError(this::notRemoved)
              .onErrorComplete()
              .cache();
    }

    Bound publish() throws IOException {
      file.publish();
      return this;
    }

    private @Nullable Void remove() throws IOException {
      file.remove();
      return null;
    }

    private void notRemoved(Throwable failure) {
      Callbacks.run(
          "the log of a server",
          () ->
              LOG.warn(
                  "the file of {} could not be removed: {}",
                  AddressText.of(address),
                  FailureText.of(failure)));
    }

    @Override
    public SocketAddress address() {
      return address;
    }

    @Override
    public void dispose() {
      removal.doOnTerminate(server::dispose).subscribe();
    }

    @Override
    public boolean isDisposed() {
      return server.isDisposed();
    }

    /** {@inheritDoc} The channel may also be closed by the end of its event loop. */
    @Override
    public Mono<Void> onDispose() {
      return server.onDispose().onErrorComplete().then(removal);
    }
  }

  private static final class NettyAccepted implements Accepted {

    private final Connection connection;
    private final @Nullable SocketAddress path;
    private @Nullable NettyByteDuplex duplex;

    /**
     * A connection.
     *
     * @param connection Reactor Netty's connection
     * @param path the path of the server's Unix socket, whose peers have no address; null for TCP
     */
    NettyAccepted(Connection connection, @Nullable SocketAddress path) {
      this.connection = connection;
      this.path = path;
    }

    @Override
    public SocketAddress from() {
      return path == null ? connection.channel().remoteAddress() : path;
    }

    @Override
    public Scheduler scheduler() {
      return new EventLoopScheduler(connection.channel().eventLoop());
    }

    @Override
    public ByteDuplex duplex() {
      NettyByteDuplex taken = duplex;
      if (taken == null) {
        taken =
            path == null
                ? NettyByteDuplex.over(connection)
                : NettyByteDuplex.over(connection, path);
        duplex = taken;
      }
      return taken;
    }

    @Override
    public void resetOnClose() {
      // The file descriptor of a closed channel may already belong to another connection.
      if (connection.channel().isOpen()) {
        connection.channel().config().setOption(ChannelOption.SO_LINGER, 0);
      }
    }

    @Override
    public void dispose() {
      connection.dispose();
    }

    @Override
    public boolean isDisposed() {
      return connection.isDisposed();
    }
  }
}
