package io.fluxwire.session;

import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.AfterMethod;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The Reactive Streams TCK on {@link PeerConnection#receive()}, over a whole session in memory. */
public class ReceiveTckTest extends PublisherVerification<Long> {

  private final Scheduler loop = Schedulers.newSingle("tck", true);
  private final Queue<MemoryDuplex.Pair> pairs = new ConcurrentLinkedQueue<>();
  private final NodeKey dialer = NodeKey.generate();
  private final NodeKey acceptor = NodeKey.generate();

  private final Dialect dialect;

  public ReceiveTckTest() {
    this(Dialect.VERSION_3);
  }

  ReceiveTckTest(Dialect dialect) {
    super(new TestEnvironment(500, 50));
    this.dialect = dialect;
  }

  /** What is in the pipes of a connection that a test left open is nobody's. */
  @AfterMethod
  public void disconnect() {
    for (MemoryDuplex.Pair pair : pairs) {
      pair.dialer().dispose();
      pair.dialer().onClose().then(pair.acceptor().onClose()).block();
    }
    pairs.clear();
  }

  @AfterClass
  public void stop() {
    loop.dispose();
  }

  private MemoryDuplex.Pair pair() {
    MemoryDuplex.Pair pair = MemoryDuplex.pair(loop);
    pairs.add(pair);
    return pair;
  }

  @Override
  public long maxElementsFromPublisher() {
    return 1000;
  }

  @Override
  public Publisher<Long> createPublisher(long elements) {
    MemoryDuplex.Pair pair = pair();
    Flux<ByteBuf> packets =
        Flux.range(0, (int) elements).map(i -> Unpooled.buffer(16).writeLong(i).writeLong(0));
    dialing(pair)
        .flatMap(peer -> peer.send(packets).then(peer.close()))
        .subscribe(null, failure -> {});
    return spec(acceptor)
        .establish(pair.acceptor(), Role.ACCEPTOR)
        .block()
        .receive()
        .map(ByteBuf::readLong);
  }

  @Override
  public Publisher<Long> createFailedPublisher() {
    MemoryDuplex.Pair pair = pair();
    dialing(pair).subscribe(null, failure -> {});
    PeerConnection<ByteBuf> peer = spec(acceptor).establish(pair.acceptor(), Role.ACCEPTOR).block();
    pair.dialer().dispose();
    peer.onClose().block();
    return peer.receive().map(ByteBuf::readLong);
  }

  private Mono<PeerConnection<ByteBuf>> dialing(MemoryDuplex.Pair pair) {
    return spec(dialer).expected(acceptor.id()).establish(pair.dialer(), Role.DIALER);
  }

  private SessionSpec<ByteBuf> spec(NodeKey key) {
    return dialect.spokenBy(SessionSpec.of(key)).codec(PacketCodec.raw());
  }
}
