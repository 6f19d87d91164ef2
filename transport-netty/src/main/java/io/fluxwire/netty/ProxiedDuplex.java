package io.fluxwire.netty;

import io.fluxwire.internal.AddressText;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.SocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A connection that a proxy forwards: its address is that of the peer, and not the proxy's.
 *
 * @param duplex the connection with the proxy
 * @param remoteAddress the address at the proxy's other side
 */
record ProxiedDuplex(ByteDuplex duplex, SocketAddress remoteAddress) implements ByteDuplex {

  @Override
  public Flux<ByteBuf> receive() {
    return duplex.receive();
  }

  @Override
  public void unread(ByteBuf bytes) {
    duplex.unread(bytes);
  }

  @Override
  public Mono<Void> onInputEnd() {
    return duplex.onInputEnd();
  }

  @Override
  public void write(ByteBuf bytes, Consumer<? super @Nullable Throwable> whenWritten) {
    duplex.write(bytes, whenWritten);
  }

  @Override
  public void shutdownOutput() {
    duplex.shutdownOutput();
  }

  @Override
  public Mono<Void> onClose() {
    return duplex.onClose();
  }

  @Override
  public void dispose() {
    duplex.dispose();
  }

  @Override
  public boolean isDisposed() {
    return duplex.isDisposed();
  }

  @Override
  public Scheduler scheduler() {
    return duplex.scheduler();
  }

  @Override
  public void defer(Runnable task) {
    duplex.defer(task);
  }

  @Override
  public String id() {
    return duplex.id();
  }

  @Override
  public ByteBufAllocator allocator() {
    return duplex.allocator();
  }

  @Override
  public SocketAddress localAddress() {
    return duplex.localAddress();
  }

  @Override
  public String toString() {
    return duplex + ", forwarded, " + AddressText.of(remoteAddress);
  }
}
