package io.fluxwire.dial;

import static io.fluxwire.dial.DialWorld.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.dial.DialWorld.FakeConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

class PeerLinkTest {

  private final DialWorld world = new DialWorld();
  private final Sinks.Many<PeerConnection<String>> publisher =
      Sinks.many().unicast().onBackpressureBuffer();
  private final PeerLink<String> link = PeerLink.keep(publisher.asFlux());
  private final List<Object> got = new ArrayList<>();

  private static FakeConnection connection() {
    return new FakeConnection(DialWorld.address("v4-1"));
  }

  private void ask() {
    link.connection().subscribe(got::add, got::add);
  }

  private static Reason reason(Object failure) {
    return ((PeerException) failure).reason();
  }

  @Test
  void itGivesTheCurrentConnectionOrTheNext() {
    ask();
    assertThat(got).isEmpty();
    FakeConnection first = connection();
    publisher.tryEmitNext(first);
    assertThat(got).containsExactly(first);
    ask();
    assertThat(got).containsExactly(first, first);
    first.dispose();
    ask();
    assertThat(got).hasSize(2);
    FakeConnection second = connection();
    publisher.tryEmitNext(second);
    assertThat(got).containsExactly(first, first, second);
    link.dispose();
    ask();
    assertThat(got.get(3)).isInstanceOf(ConnectionClosedException.class);
    assertThat(reason(got.get(3))).isEqualTo(Reason.CLOSED_LOCALLY);
  }

  @Test
  void aPublisherThatCompletesIsToldToWhoWaits() {
    ask();
    publisher.tryEmitComplete();
    assertThat(got).singleElement().isInstanceOf(ConnectionClosedException.class);
    assertThat(reason(got.get(0))).isEqualTo(Reason.CONNECTION_LOST);
    assertThat(link.isDisposed()).isTrue();
    assertThat(link.health().up()).isFalse();
  }

  @Test
  void theLastConnectionOfAPublisherThatCompletedIsGivenUntilItEnds() {
    FakeConnection only = connection();
    publisher.tryEmitNext(only);
    publisher.tryEmitComplete();
    ask();
    assertThat(got).containsExactly(only);
    assertThat(link.health().up()).isTrue();
    only.dispose();
    ask();
    assertThat(got.get(1)).isInstanceOf(ConnectionClosedException.class);
    assertThat(link.health().up()).isFalse();
  }

  @Test
  void theConnectionOfAPublisherThatFailedIsGivenUntilItEnds() {
    IllegalStateException end = new IllegalStateException("no more");
    FakeConnection only = connection();
    publisher.tryEmitNext(only);
    publisher.tryEmitError(end);
    ask();
    assertThat(link.health().up()).isTrue();
    assertThat(link.health().lastError()).isSameAs(end);
    only.dispose();
    ask();
    assertThat(got).containsExactly(only, end);
  }

  @Test
  void disposingClosesTheConnectionOfAPublisherThatHasEnded() {
    FakeConnection only = connection();
    PeerLink<String> once = PeerLink.keep(Mono.just(only));
    once.dispose();
    assertThat(only.isDisposed()).isTrue();
  }

  /** Takes its time to close. */
  private static FakeConnection slowToClose(Duration time) {
    return new FakeConnection(DialWorld.address("v4-1")) {
      @Override
      public Mono<Void> close() {
        return Mono.delay(time).then(Mono.fromRunnable(this::dispose));
      }
    };
  }

  @Test
  void closingWaitsUntilTheConnectionIsClosed() {
    FakeConnection only = slowToClose(Duration.ofMillis(50));
    try (link) {
      publisher.tryEmitNext(only);
    }
    assertThat(only.isDisposed()).isTrue();
    assertThat(link.onDispose().toFuture()).isCompleted();
  }

  @Test
  void whatIsOpenAtTheTimeoutIsCut() throws InterruptedException {
    FakeConnection only = slowToClose(Duration.ofDays(1));
    publisher.tryEmitNext(only);
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      Thread closer = new Thread(link::close);
      closer.start();
      while (!only.isDisposed()) {
        time.advanceTimeBy(PeerLink.CLOSE_TIMEOUT);
      }
      closer.join();
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void closingOnAThreadThatMustNotBlockDoesNotWait() {
    FakeConnection only = slowToClose(Duration.ofDays(1));
    publisher.tryEmitNext(only);
    Mono.<Void>fromRunnable(link::close).subscribeOn(Schedulers.parallel()).block();
    assertThat(only.isDisposed()).isFalse();
    assertThat(link.isDisposed()).isTrue();
  }

  @Test
  void theEndIsToldOnceThePublisherAndItsLastConnectionHaveEnded() {
    FakeConnection only = connection();
    link.onDispose().subscribe(got::add, got::add, () -> got.add("ended"));
    publisher.tryEmitNext(only);
    publisher.tryEmitComplete();
    assertThat(got).isEmpty();
    only.dispose();
    assertThat(got).containsExactly("ended");
  }

  @Test
  void disposingTellsWhoWaits() {
    ask();
    link.dispose();
    assertThat(reason(got.get(0))).isEqualTo(Reason.CLOSED_LOCALLY);
  }

  @Test
  void whoHasLeftIsForgotten() {
    Disposable waiting = link.connection().subscribe(got::add, got::add);
    waiting.dispose();
    publisher.tryEmitNext(connection());
    link.dispose();
    assertThat(got).isEmpty();
  }

  @Test
  void disposingDoesNotWaitForWhoIsBeingTold() throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch disposed = new CountDownLatch(1);
    link.connection()
        .subscribe(
            connection -> {
              told.countDown();
              try {
                disposed.await(30, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    Thread teller = new Thread(() -> publisher.tryEmitNext(connection()));
    teller.start();
    assertThat(told.await(30, TimeUnit.SECONDS)).isTrue();
    Thread disposer =
        new Thread(
            () -> {
              link.dispose();
              disposed.countDown();
            });
    disposer.start();
    disposer.join(20_000);
    assertThat(disposer.isAlive()).as("it spins").isFalse();
    teller.join(30_000);
  }

  /** Throws what Reactor does not catch. */
  private static final class Thrower implements CoreSubscriber<Object> {

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(1);
    }

    @Override
    public void onNext(Object connection) {
      throw new NoClassDefFoundError("x");
    }

    @Override
    public void onError(Throwable failure) {
      throw new NoClassDefFoundError("y");
    }

    @Override
    public void onComplete() {}
  }

  @Test
  void whatOneThrowsIsNotTheOthers() {
    link.connection().subscribe(new Thrower());
    ask();
    FakeConnection first = connection();
    publisher.tryEmitNext(first);
    assertThat(got).containsExactly(first);
    first.dispose();
    link.connection().subscribe(new Thrower());
    ask();
    link.dispose();
    assertThat(got).hasSize(2);
  }

  @Test
  void aConnectionThatComesAfterTheEndIsClosed() {
    Sinks.Many<PeerConnection<String>> deaf = Sinks.many().unicast().onBackpressureBuffer();
    List<CoreSubscriber<? super PeerConnection<String>>> subscribers = new ArrayList<>();
    PeerLink<String> late =
        PeerLink.keep(
            actual -> {
              subscribers.add(reactor.core.publisher.Operators.toCoreSubscriber(actual));
              deaf.asFlux().subscribe(actual);
            });
    late.dispose();
    FakeConnection connection = connection();
    subscribers.get(0).onNext(connection);
    assertThat(connection.isDisposed()).isTrue();
  }

  @Test
  void aLinkThatIsDisposedIsDown() {
    world.authenticates("v4-1", Duration.ZERO);
    ConnectionHealthMonitor monitor = new ConnectionHealthMonitor();
    PeerLink<String> dialled =
        PeerLink.keep(
            world
                .dialWith(spec -> spec.doOnEvent(monitor), world.answers(at(0, "v4-1")))
                .repeatedly(ReconnectSpec.create()),
            monitor);
    world.passMillis(1);
    assertThat(dialled.health().up()).isTrue();
    dialled.dispose();
    assertThat(dialled.health().up()).isFalse();
  }

  @Test
  void aConnectionThatEndsAfterTheNextHasComeIsNotTheLinksEnd() {
    FakeConnection first = connection();
    FakeConnection second = connection();
    publisher.tryEmitNext(first);
    publisher.tryEmitNext(second);
    first.end(new CloseReason(Reason.CLOSED_BY_PEER, null));
    assertThat(link.health().up()).isTrue();
    second.end(new CloseReason(Reason.CLOSED_BY_PEER, null));
    assertThat(link.health().up()).isFalse();
  }
}
