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
 * Two byte streams with a peer, before there is any protocol on them: a TCP connection, or a pair
 * in memory. The seam between the protocol and what carries it.
 */
public interface ByteDuplex extends Disposable {

  /**
   * The bytes that the peer sends, cut anyhow. Nothing is read without demand. One subscriber at a
   * time: after a cancel the next one goes on where the last one stopped.
   *
   * <p>Completes when the peer ended its stream; errors when the connection broke or was {@link
   * #dispose() disposed}, and with {@link IllegalStateException} while another subscriber is there.
   * Signals on {@link #scheduler()}'s thread. Buffers are borrowed: released when {@code onNext}
   * returns. Without a subscriber nothing is read until {@link #shutdownOutput()}, and then read to
   * be dropped.
   *
   * @return the bytes
   */
  Flux<ByteBuf> receive();

  /**
   * Puts bytes back that {@link #receive()} gave, for its next subscriber to begin with. For
   * whoever has cancelled; ordered, on {@link #scheduler()}'s thread, with that cancel and with a
   * subscription that follows.
   *
   * @param bytes the bytes; released by this once they are received again, or nobody will
   */
  void unread(ByteBuf bytes);

  /**
   * The end of the peer's stream, seen before what came ahead of it is asked for. As long as
   * somebody is subscribed to this, the transport reads up to some 64 KiB ahead of demand, so that
   * the end is seen if no more than that waits to be received; a transport that learns of it by
   * other means tells in any case.
   *
   * @return completes then, on {@link #scheduler()}'s thread; not when the connection breaks. Never
   *     errors
   */
  Mono<Void> onInputEnd();

  /**
   * Writes and flushes bytes, after all that was written before. Callable from any thread, by one
   * at a time.
   *
   * @param bytes the bytes; released by this, also when writing fails
   * @param whenWritten called once on {@link #scheduler()}'s thread: with null when the transport
   *     has taken all of it, with the failure when the connection ended first
   */
  void write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten);

  /**
   * Ends this side's stream, after all that was written before. The peer's stream goes on; what
   * nobody subscribes to of it is read and dropped, so that its end is seen.
   */
  void shutdownOutput();

  /**
   * The end of the connection in both directions, however it comes.
   *
   * @return completes then; never errors
   */
  Mono<Void> onClose();

  /** Closes at once; what is not written yet is lost. */
  @Override
  void dispose();

  /**
   * Where the signals of this connection run, one at a time: its event loop.
   *
   * @return the scheduler, which this connection does not own
   */
  Scheduler scheduler();

  /**
   * Runs a task on {@link #scheduler()}'s thread once that has looked after its other connections,
   * and after this one's input: for work that goes on and on.
   *
   * @param task what to do
   */
  void defer(Runnable task);

  /**
   * What logs call this connection.
   *
   * @return a short id, unique for as long as it matters
   */
  String id();

  /**
   * Where buffers for this connection come from.
   *
   * @return the allocator
   */
  ByteBufAllocator allocator();

  /**
   * Where the peer is.
   *
   * @return its address
   */
  SocketAddress remoteAddress();

  /**
   * This end's address.
   *
   * @return the address
   */
  SocketAddress localAddress();
}
