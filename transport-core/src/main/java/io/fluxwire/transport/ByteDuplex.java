package io.fluxwire.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.SocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A byte stream in each direction between this node and a peer, below any protocol: a TCP
 * connection, or a pair in memory. The interface between the protocol and its transport.
 */
public interface ByteDuplex extends Disposable {

  /**
   * The bytes that the peer sends, in buffers of any size. Nothing is read without demand. There
   * can be one subscriber at a time; after a cancel, the next subscriber continues where the last
   * one stopped.
   *
   * <p>Completes when the peer ended its stream; errors when the connection broke or was {@link
   * #dispose() disposed}, and with {@link IllegalStateException} while there is another subscriber.
   * Signals on {@link #scheduler()}'s thread. Buffers are borrowed: they are released when {@code
   * onNext} returns. Without a subscriber nothing is read before {@link #shutdownOutput()}; after
   * that, bytes are read and dropped.
   *
   * @return the bytes
   */
  Flux<ByteBuf> receive();

  /**
   * Puts back bytes that {@link #receive()} emitted, so that its next subscriber gets them first.
   * To be called after a cancel; on {@link #scheduler()}'s thread it takes effect after that cancel
   * and before the next subscription.
   *
   * @param bytes the bytes; this method takes them over, and they are released once they are
   *     received again or can no longer be received
   */
  void unread(ByteBuf bytes);

  /**
   * Tells of the end of the peer's stream as soon as the transport notices it, even while bytes
   * before it have not been requested yet. As long as somebody is subscribed to this, the transport
   * reads up to some 64 KiB ahead of demand, so that it notices the end if no more than that is
   * waiting. A transport that learns of the end by other means always tells.
   *
   * @return completes at the end of the peer's stream, on {@link #scheduler()}'s thread; not when
   *     the connection breaks. Never errors
   */
  Mono<Void> onInputEnd();

  /**
   * Writes and flushes bytes, after all that was written before. May be called from any thread, but
   * not concurrently.
   *
   * @param bytes the bytes; this method releases them, also when writing fails
   * @param whenWritten called once on {@link #scheduler()}'s thread: with null when the transport
   *     has accepted all bytes, with the failure when the connection ended first
   */
  void write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten);

  /**
   * Ends this side's stream, after all that was written before. The peer's stream continues;
   * without a subscriber its bytes are read and dropped, so that its end is noticed.
   */
  void shutdownOutput();

  /**
   * The end of the connection in both directions, for whatever reason.
   *
   * @return completes when the connection has ended; never errors
   */
  Mono<Void> onClose();

  /** Closes at once; bytes that are not written yet are lost. */
  @Override
  void dispose();

  /**
   * The scheduler on which this connection signals, one signal at a time: its event loop.
   *
   * @return the scheduler; it does not belong to this connection
   */
  Scheduler scheduler();

  /**
   * Runs a task on {@link #scheduler()}'s thread after the event loop has served its other
   * connections and this one's input. For long work that is done in many small tasks.
   *
   * @param task the task
   */
  void defer(Runnable task);

  /**
   * The connection's id in logs.
   *
   * @return a short id, unique among the connections of the process
   */
  String id();

  /**
   * The allocator of this connection's buffers.
   *
   * @return the allocator
   */
  ByteBufAllocator allocator();

  /**
   * The peer's address.
   *
   * @return the address
   */
  SocketAddress remoteAddress();

  /**
   * This end's address.
   *
   * @return the address
   */
  SocketAddress localAddress();
}
