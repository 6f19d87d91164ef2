package io.fluxwire.testing;

import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A connection whose input is given and whose output is kept. */
public final class StubDuplex implements ByteDuplex {

  private final Flux<ByteBuf> input;
  private final Deque<ByteBuf> unread = new ArrayDeque<>();
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  /**
   * A connection.
   *
   * @param input what it receives
   */
  public StubDuplex(Flux<ByteBuf> input) {
    this.input = input;
  }

  /** What was written so far. */
  public byte[] written() {
    return written.toByteArray();
  }

  @Override
  public Flux<ByteBuf> receive() {
    return Flux.defer(
        () -> {
          ByteBuf first = unread.poll();
          return first == null ? input : input.startWith(Mono.fromSupplier(() -> first));
        });
  }

  @Override
  public void unread(ByteBuf bytes) {
    unread.addFirst(bytes);
  }

  @Override
  public void write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten) {
    written.writeBytes(ByteBufUtil.getBytes(bytes));
    bytes.release();
    whenWritten.accept(null);
  }

  @Override
  public void shutdownOutput() {}

  @Override
  public Mono<Void> onInputEnd() {
    return Mono.never();
  }

  @Override
  public Mono<Void> onClose() {
    return Mono.never();
  }

  @Override
  public void dispose() {}

  @Override
  public Scheduler scheduler() {
    return Schedulers.immediate();
  }

  @Override
  public void defer(Runnable task) {
    scheduler().schedule(task);
  }

  @Override
  public String id() {
    return "stub";
  }

  @Override
  public ByteBufAllocator allocator() {
    return UnpooledByteBufAllocator.DEFAULT;
  }

  @Override
  public SocketAddress remoteAddress() {
    return InetSocketAddress.createUnresolved("peer", 1);
  }

  @Override
  public SocketAddress localAddress() {
    return InetSocketAddress.createUnresolved("here", 1);
  }
}
