package io.fluxwire.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters.Protocol;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The contract of {@link PeerConnection}, as tests: packets in order, demand, one end with one
 * reason, sends that complete or error, packets released. Extend this class to test your own packet
 * codec, byte duplex or wrapper of a connection. Both ends have to be of the same kind, and the
 * network between them has to work.
 *
 * @param <P> the packet type
 */
@Timeout(60)
public abstract class PeerConnectionTck<P> {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int PACKETS = 300;

  private final Queue<ReferenceCounted> counted = new ConcurrentLinkedQueue<>();

  @SuppressWarnings("NullAway.Init") // connected before each test
  private PeerConnection<P> here;

  @SuppressWarnings("NullAway.Init")
  private PeerConnection<P> there;

  /**
   * Two connected ends.
   *
   * @param here one end
   * @param there the other
   * @param <P> the packet type
   */
  public record Ends<P>(PeerConnection<P> here, PeerConnection<P> there) {}

  /**
   * Makes a new connection for each test. May block.
   *
   * @return both ends, authenticated; nobody has subscribed to either's {@code receive()} yet
   */
  protected abstract Ends<P> connect();

  /**
   * Makes a packet.
   *
   * @param number the packet's number; packets with different numbers have to differ in {@link
   *     #value}
   * @return a new packet
   */
  protected abstract P packet(int number);

  /**
   * The value by which a packet is compared: the packet itself, unless overridden. Override this
   * for packets that are borrowed or have no {@code equals}.
   *
   * @param packet the packet; it may be released when this returns
   * @return its value
   */
  protected Object value(P packet) {
    return packet;
  }

  /**
   * Releases whatever else {@link #connect} created; the two ends are closed already. Dispose a
   * scheduler gracefully: a task that it drops would leak the buffer that the task was to deliver.
   */
  protected void stop() {}

  private void start() {
    Ends<P> ends = connect();
    here = ends.here();
    there = ends.there();
  }

  /** Closes both ends. */
  @AfterEach
  final void disconnect() {
    try {
      if (here != null) {
        here.dispose();
        there.dispose();
        here.onClose().then(there.onClose()).block(LIMIT);
      }
    } finally {
      stop();
    }
  }

  private P made(int number) {
    P packet = packet(number);
    if (packet instanceof ReferenceCounted owned) {
      counted.add(owned);
    }
    return packet;
  }

  private Flux<P> packets(int count) {
    return Flux.range(0, count).map(this::made);
  }

  private List<Object> values(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            number -> {
              P packet = packet(number);
              Object value = value(packet);
              ReferenceCountUtil.release(packet);
              return value;
            })
        .toList();
  }

  /** What was sent is what is received, in order, in both directions at once. */
  @Test
  final void packetsArriveInOrder() {
    start();
    Mono<List<Object>> atHere = here.receive().map(this::value).take(PACKETS).collectList().cache();
    Mono<List<Object>> atThere =
        there.receive().map(this::value).take(PACKETS).collectList().cache();
    Mono.when(atHere, atThere, here.send(packets(PACKETS)), there.send(packets(PACKETS)))
        .block(LIMIT);
    assertThat(atHere.block()).isEqualTo(values(PACKETS));
    assertThat(atThere.block()).isEqualTo(values(PACKETS));
  }

  /** Sending one packet works like sending a source of one packet, and releases the packet. */
  @Test
  final void onePacketIsSent() {
    start();
    Mono<Object> received = there.receive().map(this::value).next().cache();
    received.subscribe();
    here.sendOne(made(0)).block(LIMIT);
    assertThat(received.block(LIMIT)).isEqualTo(values(1).get(0));
    assertReleased();
  }

  /** No packet is emitted without demand. */
  @Test
  final void demandIsKept() {
    start();
    Asking asking = new Asking();
    there.receive().subscribe(asking);
    here.send(packets(10)).subscribe(null, failure -> {});
    for (int asked : new int[] {1, 2, 3}) {
      asking.ask(asked);
    }
    assertThat(asking.received).containsExactlyElementsOf(values(6));
    asking.cancel();
  }

  /** However many packets a source has, only a bounded number is requested ahead. */
  @Test
  final void sourcesAreAskedForABoundedNumber() {
    start();
    Sinks.One<Long> asked = Sinks.one();
    here.send(Flux.<P>never().doOnRequest(asked::tryEmitValue)).subscribe(null, failure -> {});
    assertThat(asked.asMono().block(LIMIT)).isBetween(1L, 128L);
  }

  /** The first subscriber receives; a second one gets an error and does not disturb the first. */
  @Test
  final void aSecondReceiverErrors() {
    start();
    Mono<Object> first = there.receive().map(this::value).next().cache();
    first.subscribe();
    assertThatThrownBy(() -> there.receive().blockLast(LIMIT))
        .isInstanceOf(IllegalStateException.class);
    here.send(packets(1)).block(LIMIT);
    assertThat(first.block(LIMIT)).isEqualTo(values(1).get(0));
  }

  /**
   * A close in good order: everything that was sent arrives, then the end, with the right reason on
   * each side.
   */
  @Test
  final void aCloseComesAfterWhatWasSent() {
    start();
    Mono<List<Object>> received = there.receive().map(this::value).collectList().cache();
    received.subscribe();
    here.receive().subscribe();
    here.send(packets(PACKETS)).block(LIMIT);
    here.close().block(LIMIT);
    assertThat(received.block(LIMIT)).isEqualTo(values(PACKETS));
    assertThat(reason(here)).isEqualTo(Reason.CLOSED_LOCALLY);
    assertThat(reason(there)).isEqualTo(goodEnd());
    assertThat(reason(there)).as("told to who asks later").isEqualTo(goodEnd());
    assertThat(here.isDisposed()).isTrue();
  }

  /**
   * A close with an error: everything that was sent arrives, but the end is not one in good order.
   */
  @Test
  final void aCloseWithAnErrorIsNoEndInGoodOrder() {
    start();
    Queue<Object> received = new ConcurrentLinkedQueue<>();
    Mono<Void> receiving = there.receive().map(this::value).doOnNext(received::add).then().cache();
    receiving.subscribe(null, failure -> {});
    here.receive().subscribe(packet -> {}, failure -> {});
    here.send(packets(PACKETS)).block(LIMIT);
    here.closeWithError("something failed").block(LIMIT);
    assertThatThrownBy(() -> receiving.block(LIMIT)).isInstanceOf(PeerException.class);
    assertThat(received).containsExactlyElementsOf(values(PACKETS));
    assertThat(reason(here)).isEqualTo(Reason.CLOSED_WITH_ERROR);
    assertThat(reason(there)).isNotEqualTo(goodEnd());
  }

  /** How a close in good order reads at the other end: of BOLT 8, nobody vouches for it. */
  private Reason goodEnd() {
    return there.session().protocol() == Protocol.BOLT8
        ? Reason.CLOSED_UNAUTHENTICATED
        : Reason.CLOSED_BY_PEER;
  }

  /** A close is lazy: without a subscription it closes nothing. */
  @Test
  final void aCloseThatNobodySubscribesToClosesNothing() {
    start();
    Mono<Object> received = there.receive().map(this::value).next().cache();
    received.subscribe();
    Mono<Void> close = here.close();
    assertThat(here.isDisposed()).isFalse();
    here.send(packets(1)).block(LIMIT);
    assertThat(received.block(LIMIT)).isEqualTo(values(1).get(0));
    close.block(LIMIT);
    assertThat(reason(here)).isEqualTo(Reason.CLOSED_LOCALLY);
  }

  /**
   * A broken connection: the receiver gets one error, and its reason is the same that all others
   * are told.
   */
  @Test
  final void aBreakHasOneReason() {
    start();
    Mono<Void> received = there.receive().then().cache();
    received.subscribe(null, failure -> {});
    Mono<Void> sending = there.send(Flux.never()).cache();
    sending.subscribe(null, failure -> {});
    here.dispose();
    assertThat(reason(here)).isEqualTo(Reason.CLOSED_LOCALLY);
    CloseReason why = closeReason(there);
    assertThat(why.reason()).isIn(Reason.CONNECTION_LOST, Reason.STREAM_TRUNCATED, goodEnd());
    Throwable end = received.materialize().blockOptional(LIMIT).orElseThrow().getThrowable();
    assertThat(end).isEqualTo(why.cause());
    assertThatThrownBy(() -> sending.block(LIMIT))
        .isInstanceOfSatisfying(
            PeerException.class, failed -> assertThat(failed.reason()).isEqualTo(why.reason()));
  }

  /** After waiting for a dispose, the connection is closed. */
  @Test
  final void aConnectionThatIsDisposedNowIsClosed() {
    start();
    List<CloseReason> seen = new CopyOnWriteArrayList<>();
    List<String> ends = new CopyOnWriteArrayList<>();
    here.disposeNow(LIMIT);
    here.onClose().subscribe(seen::add);
    here.onDispose().subscribe(null, null, () -> ends.add("disposed"));
    assertThat(seen).extracting(CloseReason::reason).containsExactly(Reason.CLOSED_LOCALLY);
    assertThat(ends).containsExactly("disposed");
    assertThat(here.isDisposed()).isTrue();
  }

  /** A send on a connection that has ended errors, and releases the packets that it was given. */
  @Test
  final void aSendAfterTheEndErrors() {
    start();
    here.dispose();
    here.onClose().block(LIMIT);
    assertThatThrownBy(() -> here.send(packets(3)).block(LIMIT))
        .isInstanceOf(ConnectionClosedException.class);
    assertReleased();
  }

  /** A source's error ends only its own send; the connection stays open. */
  @Test
  final void aSourcesErrorIsItsSendsAlone() {
    start();
    Mono<List<Object>> received = there.receive().map(this::value).take(2).collectList().cache();
    received.subscribe();
    IllegalStateException broken = new IllegalStateException("the source broke");
    Publisher<P> source = Flux.concat(packets(1), Flux.error(broken));
    assertThatThrownBy(() -> here.send(source).block(LIMIT)).isEqualTo(broken);
    here.send(Mono.fromSupplier(() -> made(1))).block(LIMIT);
    assertThat(received.block(LIMIT)).isEqualTo(values(2));
  }

  /** A receiver that cancels leaves the connection open, for sending. */
  @Test
  final void aReceiverMayLeave() {
    start();
    there.receive().subscribe(packet -> {}, failure -> {}).dispose();
    Mono<Object> answer = here.receive().map(this::value).next().cache();
    answer.subscribe();
    there.send(packets(1)).block(LIMIT);
    assertThat(answer.block(LIMIT)).isEqualTo(values(1).get(0));
    assertThat(there.isDisposed()).isFalse();
  }

  /** A send that is cancelled cancels its source; the connection stays open. */
  @Test
  final void aSendMayBeCancelled() {
    start();
    Sinks.Empty<Void> cancelled = Sinks.empty();
    here.send(Flux.<P>never().doOnCancel(cancelled::tryEmitEmpty)).subscribe().dispose();
    cancelled.asMono().block(LIMIT);
    Mono<Object> received = there.receive().map(this::value).next().cache();
    received.subscribe();
    here.send(packets(1)).block(LIMIT);
    assertThat(received.block(LIMIT)).isEqualTo(values(1).get(0));
  }

  /** The packets of a send that were not sent are released when the connection ends. */
  @Test
  final void whatIsNotSentIsReleased() {
    start();
    Mono<Void> sending = here.send(packets(PACKETS).concatWith(Flux.never())).cache();
    sending.subscribe(null, failure -> {});
    here.dispose();
    assertThatThrownBy(() -> sending.block(LIMIT)).isInstanceOf(PeerException.class);
    there.dispose();
    here.onClose().then(there.onClose()).block(LIMIT);
    assertReleased();
  }

  private Reason reason(PeerConnection<P> end) {
    return closeReason(end).reason();
  }

  private CloseReason closeReason(PeerConnection<P> end) {
    return end.onClose().blockOptional(LIMIT).orElseThrow();
  }

  /** A packet may be released a moment after its send has errored. */
  private void assertReleased() {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (counted.stream().anyMatch(packet -> packet.refCnt() > 0) && System.nanoTime() < end) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
    assertThat(counted).allSatisfy(packet -> assertThat(packet.refCnt()).isZero());
  }

  /** Requests a number of packets and waits for them. */
  private final class Asking extends BaseSubscriber<P> {

    private final List<Object> received = new CopyOnWriteArrayList<>();
    private final Semaphore came = new Semaphore(0);

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      // Nothing until a test asks.
    }

    @Override
    protected void hookOnNext(P packet) {
      received.add(value(packet));
      came.release();
    }

    void ask(int count) {
      request(count);
      try {
        assertThat(came.tryAcquire(count, LIMIT.toSeconds(), TimeUnit.SECONDS))
            .as("%d more packets", count)
            .isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
  }
}
