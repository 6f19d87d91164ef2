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
 * A TCP proxy that does to connections what networks do: for tests of applications that have to
 * survive it. Listens on 127.0.0.1; each connection made to it gets one of its own to the target.
 *
 * <p>What is in flight through it is bounded: it reads on when what it read is written. {@link
 * #stall}, {@link #delay}, {@link #bytesPerSecond}, {@link #split} and {@link #refuse} set what
 * holds from now on, for connections there are and those to come; {@link #reset}, {@link
 * #disconnect}, {@link #halfClose}, {@link #drop} and {@link #corrupt} happen once, to each
 * connection there is. All methods may be called from any thread; none blocks but {@link
 * #startNow}.
 */
public final class FaultProxy implements Disposable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FaultProxy.class);

  /** Which way bytes flow. */
  public enum Direction {
    /** From who dialled the proxy to its target. */
    TO_TARGET,
    /** From the target to who dialled the proxy. */
    FROM_TARGET
  }

  /** What is on its way through waits here; the system's default holds megabytes. */
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
   * @param target where connections go on to: an IP address, or a Unix socket's path
   * @return the listening proxy
   */
  public static FaultProxy startNow(SocketAddress target) {
    return startNow(() -> target);
  }

  /**
   * Starts a proxy whose target may change. Blocks: not for an event loop.
   *
   * @param target asked for each connection where it goes on to
   * @return the listening proxy
   */
  public static FaultProxy startNow(Supplier<? extends SocketAddress> target) {
    return new FaultProxy(target);
  }

  /**
   * Where it listens.
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
   * Holds all bytes back, as a network that is gone without a word. What was read and not forwarded
   * goes on with {@link #resume}.
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
   * @param delay the time; zero, as at the start, for none
   */
  public void delay(Duration delay) {
    faults.delay(Arguments.notNegative("the delay", delay));
  }

  /**
   * Limits how fast bytes go through, in each direction of each connection.
   *
   * @param rate the bytes a second; zero, as at the start, for any number
   */
  public void bytesPerSecond(long rate) {
    faults.bytesPerSecond(Arguments.atLeast("the bytes a second", rate, 0));
  }

  /**
   * Cuts what goes through into small writes.
   *
   * @param bytes the most that one write has; zero, as at the start, leaves them as they are
   */
  public void split(int bytes) {
    faults.split(Arguments.atLeast("the bytes of a write", bytes, 0));
  }

  /**
   * Whether new connections are reset at once.
   *
   * @param refuse false at the start
   */
  public void refuse(boolean refuse) {
    faults.refuse(refuse);
  }

  /** Resets both ends of each connection (RST); what is under way is lost. */
  public void reset() {
    links.forEach(FaultLink::reset);
  }

  /** Ends both directions of each connection in TCP's good order (FIN), wherever they are. */
  public void disconnect() {
    each(link -> link.halfClose(Direction.TO_TARGET));
    each(link -> link.halfClose(Direction.FROM_TARGET));
  }

  /**
   * Ends one direction of each connection (FIN), wherever it is; its sender is read no more.
   *
   * @param direction which
   */
  public void halfClose(Direction direction) {
    each(link -> link.halfClose(direction));
  }

  /**
   * Swallows what comes next in one direction of each connection.
   *
   * @param direction which
   */
  public void drop(Direction direction) {
    each(link -> link.drop(direction));
  }

  /**
   * Inverts a bit of what comes next in one direction of each connection.
   *
   * @param direction which
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
   * @return those that have both ends
   */
  public int links() {
    return links.size();
  }

  /**
   * How many connections there were.
   *
   * @return those accepted so far, refused ones included
   */
  public long accepted() {
    return accepted.get();
  }

  /**
   * How much went through.
   *
   * @return the bytes that were written, both directions of all connections
   */
  public long forwarded() {
    return faults.forwarded();
  }

  /** Stops listening and resets what there is. */
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
   * @return completes when it does not listen any more
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
