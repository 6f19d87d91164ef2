package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Demand of the receiving application is what moves the sending one. */
class BackPressureTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PACKET = 1 << 20;
  private static final int SOCKET_BUFFER = 128 * 1024;

  @Test
  void aSlowReceiverStallsASenderOfGigabytesInBoundedMemory() throws InterruptedException {
    PooledByteBufAllocator allocator = new PooledByteBufAllocator(true);
    AtomicLong pulled = new AtomicLong();
    byte[] body = new byte[PACKET];
    Flux<ByteBuf> eightGigabytes =
        Flux.range(0, 8 * 1024)
            .map(
                i -> {
                  pulled.incrementAndGet();
                  return Unpooled.wrappedBuffer(body);
                });
    Sinks.One<PeerConnection<ByteBuf>> accepted = Sinks.one();
    DisposablePeerServer server =
        PeerServer.create(PacketCodec.raw())
            .host("127.0.0.1")
            .tcp(
                tcp ->
                    tcp.childOption(ChannelOption.ALLOCATOR, allocator)
                        .childOption(ChannelOption.SO_RCVBUF, SOCKET_BUFFER))
            .handle(
                peer -> {
                  accepted.tryEmitValue(peer);
                  return peer.onClose().then();
                })
            .bindNow();
    PeerConnection<ByteBuf> sender =
        PeerClient.create(PacketCodec.raw())
            .remote(server.address())
            .tcp(
                tcp ->
                    tcp.option(ChannelOption.ALLOCATOR, allocator)
                        .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER))
            .connect()
            .block(LIMIT);
    OneByOne receiver = new OneByOne();
    accepted.asMono().block(LIMIT).receive().subscribe(receiver);
    sender.send(eightGigabytes).subscribe(null, failure -> {});

    for (int taken = 1; taken <= 200; taken++) {
      receiver.request(1);
      assertThat(receiver.sizes.poll(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .as(
              "packet %d; sent %d; sender %s; ended by %s",
              taken, pulled.get(), sender, receiver.end)
          .isEqualTo(PACKET);
      // A send's prefetch, and a few packets in the writer's window and the sockets' buffers.
      assertThat(pulled.get()).isLessThanOrEqualTo(taken + 128 + 8);
    }

    assertThat(receiver.sizes).as("nothing comes unasked").isEmpty();
    long used = allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
    assertThat(used).as("buffers of both ends").isLessThan(96L << 20);
    sender.dispose();
    server.disposeNow(LIMIT);
  }

  private static final class OneByOne extends BaseSubscriber<ByteBuf> {
    final BlockingQueue<Integer> sizes = new LinkedTransferQueue<>();
    volatile @Nullable Throwable end;

    @Override
    protected void hookOnSubscribe(Subscription subscription) {}

    @Override
    protected void hookOnNext(ByteBuf packet) {
      sizes.add(packet.readableBytes());
    }

    @Override
    protected void hookOnError(Throwable failure) {
      end = failure;
    }
  }
}
