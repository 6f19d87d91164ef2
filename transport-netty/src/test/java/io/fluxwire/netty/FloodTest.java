package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.access.CidrList;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.testing.MemoryDuplex;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Honest peers beside many that are not, which come from loopback addresses alone and stop by
 * themselves. {@code -Dfluxwire.flood.sockets=10000 -Dfluxwire.flood.seconds=60} is the whole of
 * it, of which each build does a slice.
 */
@Tag("slow")
@SuppressWarnings("FutureReturnValueIgnored") // attackers do not look back
class FloodTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int SOCKETS = Integer.getInteger("fluxwire.flood.sockets", 300);
  private static final int SECONDS = Integer.getInteger("fluxwire.flood.seconds", 3);
  private static final int FRIENDS = 8;

  private static final NodeKey KEY = NodeKey.generate();

  /** How many handshakes may be under way: one that makes way may not be gone yet. */
  private static final int SLOTS = 2 * 64 + FRIENDS;

  private static final UnixOperatingSystemMXBean SYSTEM =
      (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** What an attacker does with a connection, and how long it waits before the next one. */
  enum Attack {
    /** A byte now and then, so that no single wait is long. */
    TRICKLE(4900),
    /** Connects and leaves. */
    CONNECT(200),
    /** Begins as a peer would, which costs the other side a key agreement, and says no more. */
    HANDSHAKE(1000),
    /** By BOLT 8, begins what is meant for another node, which costs that agreement as well. */
    OTHER_NODE(1000);

    private final long pauseMillis;

    Attack(long pauseMillis) {
      this.pauseMillis = pauseMillis;
    }
  }

  /** One attacker's connections, one after the other. */
  private static final class Attacker extends ChannelInboundHandlerAdapter {

    private final Attack attack;
    private final byte[] said;
    private int sent;

    Attacker(Attack attack, byte[] said) {
      this.attack = attack;
      this.said = said;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      switch (attack) {
        case TRICKLE -> trickle(ctx);
        case CONNECT -> ctx.close();
        case HANDSHAKE, OTHER_NODE -> ctx.writeAndFlush(Unpooled.wrappedBuffer(said));
      }
    }

    private void trickle(ChannelHandlerContext ctx) {
      if (ctx.channel().isActive()) {
        ctx.writeAndFlush(Unpooled.wrappedBuffer(said, sent++ % said.length, 1));
        ctx.executor().schedule(() -> trickle(ctx), attack.pauseMillis, TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  /** All attackers, until it is closed. */
  private static final class Flood implements AutoCloseable {

    /** Not on threads of Netty's own, on which BlockHound minds what the JDK loads at first. */
    private final EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1, new ThreadPerTaskExecutor(Thread::new), NioIoHandler.newFactory());

    private final ChannelGroup channels =
        new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);
    private final AtomicLong connected = new AtomicLong();
    private volatile boolean over;
    private final Attack attack;
    private final byte[] said;
    private final SocketAddress target;

    Flood(Attack attack, byte[] said, SocketAddress target) {
      this.attack = attack;
      this.said = said;
      this.target = target;
      for (int i = 0; i < SOCKETS; i++) {
        int attacker = i;
        // Not all at once: what arrives in one instant meets the kernel's queue, not the limits.
        loop.schedule(() -> connect(attacker), i * 1000L / SOCKETS, TimeUnit.MILLISECONDS);
      }
    }

    private void connect(int attacker) {
      // 127.1.0.0 and on, four attackers to an address.
      int host = attacker / 4;
      String source = "127.%d.%d.%d".formatted(1 + host / 62_500, host / 250 % 250, 1 + host % 250);
      ChannelFuture connecting =
          new Bootstrap()
              .group(loop)
              .channel(NioSocketChannel.class)
              .option(ChannelOption.SO_LINGER, 0)
              .handler(new Attacker(attack, said))
              .connect(target, new InetSocketAddress(source, 0));
      Channel channel = connecting.channel();
      channels.add(channel);
      connecting.addListener(
          done -> {
            if (done.isSuccess()) {
              connected.incrementAndGet();
            } else {
              channel.close();
            }
          });
      channel.closeFuture().addListener(closed -> again(attacker));
    }

    private void again(int attacker) {
      if (!over) {
        loop.schedule(() -> connect(attacker), attack.pauseMillis, TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void close() {
      over = true;
      // A loop that ends with open sockets forgets some of their descriptors.
      channels.close().syncUninterruptibly();
      loop.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  /** This node's key, which counts what it is asked to agree on. */
  private static final class Counting implements NodeIdentity {

    private final AtomicInteger agreements = new AtomicInteger();
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger mostUnderWay = new AtomicInteger();

    @Override
    public NodeId id() {
      return KEY.id();
    }

    @Override
    public Mono<byte[]> sign(byte[] hash) {
      return KEY.sign(hash);
    }

    @Override
    public Mono<byte[]> agree(byte[] publicKey) {
      return Mono.defer(
              () -> {
                agreements.incrementAndGet();
                mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                return KEY.agree(publicKey);
              })
          .doFinally(signal -> underWay.decrementAndGet());
    }
  }

  static Stream<Arguments> floods() {
    return Stream.of(Dialect.values())
        .flatMap(
            dialect ->
                Stream.of(Attack.values())
                    .filter(attack -> attack != Attack.OTHER_NODE || dialect == Dialect.BOLT8)
                    .map(attack -> Arguments.of(dialect, attack)));
  }

  /** What a handshake begins with: any point of the curve, or an act one, which may come again. */
  private static byte[] beginning(Dialect dialect, Attack attack) {
    NodeKey attacker = NodeKey.generate();
    if (dialect == Dialect.V3) {
      return attacker.id().toBytes();
    }
    NodeId meant = (attack == Attack.OTHER_NODE ? NodeKey.generate() : KEY).id();
    Scheduler loop = Schedulers.newSingle("act-one", true);
    MemoryDuplex.Pair ends = MemoryDuplex.pair(loop);
    SessionSpec.of(attacker)
        .dialects(Dialect.BOLT8)
        .expected(meant)
        .establish(ends.dialer(), Role.DIALER)
        .subscribe(null, failure -> {});
    byte[] actOne = ends.acceptor().receive().map(ByteBufUtil::getBytes).blockFirst(LIMIT);
    ends.acceptor().dispose();
    loop.disposeGracefully().block(LIMIT);
    return actOne;
  }

  @ParameterizedTest
  @MethodSource("floods")
  void friendsGetInBesideAFlood(Dialect dialect, Attack attack) throws Exception {
    long limit = SYSTEM.getMaxFileDescriptorCount();
    assumeTrue(
        limit > SOCKETS + 2000L,
        () -> SOCKETS + " sockets need more descriptors than " + limit + ": raise ulimit -n");
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Counting identity = new Counting();
    DisposablePeerServer server =
        PeerServer.create(identity)
            .dialects(dialect)
            .host("127.0.0.1")
            .limits(
                limits ->
                    limits.shared(address -> false).reserve(FRIENDS, CidrList.of("127.0.0.1")))
            .meterRegistry(registry)
            .handle(peer -> peer.send(peer.receive()))
            .bindNow();
    InetSocketAddress target = (InetSocketAddress) server.address();
    // The first of both warm up what the flood is not to pay for.
    handshakes(dialect, target, "127.0.0.1", 3);
    byte[] said = beginning(dialect, attack);
    long descriptors = SYSTEM.getOpenFileDescriptorCount();

    List<Long> friends = new ArrayList<>();
    int strangersIn = 0;
    int strangersOut = 0;
    double pending = 0;
    long heap = 0;
    long connected;
    try (Flood flood = new Flood(attack, said, target)) {
      await(() -> flood.connected.get() >= SOCKETS);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      do {
        friends.addAll(handshakes(dialect, target, "127.0.0.1", 5));
        try {
          handshakes(dialect, target, "127.0.0.2", 1);
          strangersIn++;
        } catch (PeerException e) {
          strangersOut++;
        }
        pending = Math.max(pending, registry.get("fluxwire.handshakes.pending").gauge().value());
        assertThat(server.peerCount()).isLessThanOrEqualTo(128 + FRIENDS);
        Thread.sleep(20);
        // A slow machine gets through once only in the time.
      } while (System.nanoTime() < end
          || ((friends.size() <= 5 || strangersIn == 0)
              && System.nanoTime() < end + LIMIT.toNanos()));
      heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      connected = flood.connected.get();
    }

    assertThat(friends).as("each friend got in").hasSizeGreaterThan(5);
    assertThat(strangersIn).as("strangers that got in").isPositive();
    assertThat(pending).as("handshakes under way").isLessThanOrEqualTo(SLOTS);
    double refused =
        registry.find("fluxwire.handshakes.refused").counters().stream()
            .mapToDouble(Counter::count)
            .sum();
    assertThat(refused).as("refused").isPositive();
    await(() -> registry.get("fluxwire.handshakes.pending").gauge().value() == 0);
    // What a name was resolved with, and the like, may stay.
    await(() -> SYSTEM.getOpenFileDescriptorCount() <= descriptors + 8);
    assertCurveWork(dialect, identity, registry);
    server.disposeNow(LIMIT);

    Collections.sort(friends);
    System.out.printf(
        "flood %s, %s: %,d sockets, %,d connections, %,.0f refused, at most %.0f handshakes under way;"
            + " friends: %d, p50 %.1f ms, p99 %.1f ms, worst %.1f ms; strangers: %d in, %d refused;"
            + " heap %d MiB with the attackers', %,d agreements%n",
        dialect,
        attack,
        SOCKETS,
        connected,
        refused,
        pending,
        friends.size(),
        friends.get(friends.size() / 2) / 1e6,
        friends.get(friends.size() * 99 / 100) / 1e6,
        friends.get(friends.size() - 1) / 1e6,
        strangersIn,
        strangersOut,
        heap >> 20,
        identity.agreements.get());
  }

  /** An agreement is one of a handshake that has a slot: what has none costs the curve nothing. */
  private static void assertCurveWork(
      Dialect dialect, Counting identity, SimpleMeterRegistry registry) {
    if (dialect == Dialect.V3) {
      assertThat(identity.agreements).as("version 3 signs").hasValue(0);
      return;
    }
    long begun =
        registry
            .get("fluxwire.handshake.time")
            .tag("direction", "inbound")
            .tag("stage", "exchange")
            .timers()
            .stream()
            .mapToLong(Timer::count)
            .sum();
    assertThat(identity.agreements.get()).isPositive().isLessThanOrEqualTo((int) begun);
    assertThat(identity.mostUnderWay.get()).isPositive().isLessThanOrEqualTo(SLOTS);
  }

  private static List<Long> handshakes(
      Dialect dialect, InetSocketAddress target, String from, int count) {
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      PeerConnection<Pkt> peer =
          PeerClient.create()
              .dialect(dialect)
              .expect(KEY.id())
              .remote(target)
              .tcp(tcp -> tcp.bindAddress(() -> new InetSocketAddress(from, 0)))
              .connect()
              .block(LIMIT);
      nanos.add(System.nanoTime() - start);
      // Until its answer, a refusal by the other side is still to come.
      peer.close().block(LIMIT);
    }
    return nanos;
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("it did not happen").isLessThan(deadline);
      Thread.sleep(20);
    }
  }
}
