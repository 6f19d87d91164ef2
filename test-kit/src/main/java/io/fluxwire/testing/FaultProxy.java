package io.fluxwire.testing;

import io.fluxwire.internal.Arguments;
import io.fluxwire.netty.internal.NettyByteDuplex;
import io.fluxwire.netty.internal.NettyConnector;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/**
 * A TCP proxy that causes faults as networks do, for tests of applications that have to survive
 * them. Listens on 127.0.0.1; for each connection to the proxy, it makes a connection to the
 * target.
 *
 * <p>The bytes in flight are bounded: the proxy reads more only when it has written what it read
 * before. {@link #stall}, {@link #delay}, {@link #bytesPerSecond}, {@link #split} and {@link
 * #refuse} take effect from now on, for existing and future connections. {@link #reset}, {@link
 * #disconnect}, {@link #halfClose}, {@link #drop} and {@link #corrupt} happen once, to each
 * existing connection. All methods may be called from any thread; only {@link #startNow} blocks.
 */
public final class FaultProxy implements Disposable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FaultProxy.class);

  /** The direction in which bytes flow. */
  public enum Direction {
    /** From the client of the proxy to its target. */
    TO_TARGET,
    /** From the target to the client of the proxy. */
    FROM_TARGET
  }

  /** Limits how many bytes wait in the sockets; the system's default would hold megabytes. */
  private static final int SOCKET_BUFFER = 256 * 1024;

  private final Faults faults = new Faults();
  private final Set<FaultLink> links = ConcurrentHashMap.newKeySet();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicBoolean disposed = new AtomicBoolean();
  private final Mono<NettyByteDuplex> target;
  private final DisposableServer listener;

  private FaultProxy(Supplier<? extends SocketAddress> target) {
    NettyConnector connector =
        new NettyConnector(
            TcpClient.newConnection()
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER));
    this.target = Mono.defer(() -> connector.open(target.get()));
    this.listener =
        Objects.requireNonNull(
            TcpServer.create()
                .host("127.0.0.1")
                .port(0)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                .childOption(ChannelOption.SO_SNDBUF, SOCKET_BUFFER)
                .doOnConnection(this::accept)
                .bind()
                .block(),
            "bind() always emits");
  }

  /**
   * Starts a proxy on a free port. Blocks: not for an event loop.
   *
   * @param target the address that connections are forwarded to: an IP address, or a Unix socket's
   *     path
   * @return the listening proxy
   */
  public static FaultProxy startNow(SocketAddress target) {
    return startNow(() -> target);
  }

  /**
   * Starts a proxy whose target may change. Blocks: not for an event loop.
   *
   * @param target called for each connection; returns the address that it is forwarded to
   * @return the listening proxy
   */
  public static FaultProxy startNow(Supplier<? extends SocketAddress> target) {
    return new FaultProxy(target);
  }

  /**
   * The address on which the proxy listens.
   *
   * @return the address to dial instead of the target's
   */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.address();
  }

  private void accept(Connection connection) {
    accepted.incrementAndGet();
    NettyByteDuplex dialled = NettyByteDuplex.over(connection);
    if (faults.refuses() || disposed.get()) {
      dialled.reset();
      return;
    }
    target.subscribe(
        onward -> join(new FaultLink(dialled, onward, faults)),
        failure -> {
          LOG.debug("the target of {} cannot be reached", this, failure);
          dialled.reset();
        });
  }

  private void join(FaultLink link) {
    links.add(link);
    link.run(() -> links.remove(link));
    if (disposed.get()) {
      link.reset();
    }
  }

  /**
   * Holds all bytes back, like a network that silently fails. Bytes that were read and not
   * forwarded are forwarded after {@link #resume}.
   */
  public void stall() {
    faults.stall();
  }

  /** Ends a {@link #stall}. */
  public void resume() {
    faults.resume();
  }

  /**
   * Holds each read back for a time before it is forwarded; the next read waits for it.
   *
   * @param delay the time; zero, which is the initial value, for no delay
   */
  public void delay(Duration delay) {
    faults.delay(Arguments.notNegative("the delay", delay));
  }

  /**
   * Limits the rate of bytes in each direction of each connection.
   *
   * @param rate bytes per second; zero, which is the initial value, for no limit
   */
  public void bytesPerSecond(long rate) {
    faults.bytesPerSecond(Arguments.atLeast("the bytes a second", rate, 0));
  }

  /**
   * Splits the bytes into small writes.
   *
   * @param bytes the maximum size of a write; zero, which is the initial value, to not split
   */
  public void split(int bytes) {
    faults.split(Arguments.atLeast("the bytes of a write", bytes, 0));
  }

  /**
   * Whether new connections are reset at once.
   *
   * @param refuse whether to reset them; initially false
   */
  public void refuse(boolean refuse) {
    faults.refuse(refuse);
  }

  /** Resets both ends of each connection (RST); bytes in flight are lost. */
  public void reset() {
    links.forEach(FaultLink::reset);
  }

  /** Ends both directions of each connection in good order (FIN), at whatever byte they are. */
  public void disconnect() {
    each(link -> link.halfClose(Direction.TO_TARGET));
    each(link -> link.halfClose(Direction.FROM_TARGET));
  }

  /**
   * Ends one direction of each connection (FIN), at whatever byte it is; nothing more is read from
   * its sender.
   *
   * @param direction the direction
   */
  public void halfClose(Direction direction) {
    each(link -> link.halfClose(direction));
  }

  /**
   * Drops the bytes that are read next in one direction of each connection.
   *
   * @param direction the direction
   */
  public void drop(Direction direction) {
    each(link -> link.drop(direction));
  }

  /**
   * Inverts one bit of the bytes that are read next in one direction of each connection.
   *
   * @param direction the direction
   */
  public void corrupt(Direction direction) {
    each(link -> link.corrupt(direction));
  }

  private void each(Consumer<FaultLink> fault) {
    links.forEach(fault);
  }

  /**
   * How many connections there are.
   *
   * @return the number of connections with both ends connected
   */
  public int links() {
    return links.size();
  }

  /**
   * How many connections there have been.
   *
   * @return the number of connections accepted so far, refused ones included
   */
  public long accepted() {
    return accepted.get();
  }

  /**
   * How many bytes were forwarded.
   *
   * @return the number of bytes written, in both directions of all connections
   */
  public long forwarded() {
    return faults.forwarded();
  }

  /** Stops listening and resets all connections. */
  @Override
  public void dispose() {
    if (disposed.compareAndSet(false, true)) {
      listener.dispose();
      reset();
    }
  }

  /**
   * The end of the proxy.
   *
   * @return completes when the proxy no longer listens
   */
  public Mono<Void> onDispose() {
    return listener.onDispose();
  }

  /** {@link #dispose()}, for try-with-resources. Does not wait. */
  @Override
  public void close() {
    dispose();
  }

  @Override
  public boolean isDisposed() {
    return disposed.get();
  }

  @Override
  public String toString() {
    return "FaultProxy[" + address() + "]";
  }
}
