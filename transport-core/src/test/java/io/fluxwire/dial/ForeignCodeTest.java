package io.fluxwire.dial;

import static io.fluxwire.dial.DialWorld.at;
import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PacketException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.dial.DialWorld.FakeConnection;
import io.fluxwire.testing.CallbackLog;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** Whatever code of the application's throws, a dial goes on or ends, and leaves nothing behind. */
class ForeignCodeTest {

  private static final CloseReason BY_PEER = new CloseReason(Reason.CLOSED_BY_PEER, null);
  private static final AddressSource FOUR = AddressSource.of(DialWorld.addresses("v4-4"));

  private final DialWorld world = new DialWorld().authenticates("v4-4", Duration.ofMillis(1));
  private final List<PeerConnection<String>> connections = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private final CallbackLog log = new CallbackLog();
  private final ReconnectSpec half = ReconnectSpec.create().random(() -> 0.5);

  @AfterEach
  void stopListening() {
    log.close();
  }

  private Dial<String> dial(UnaryOperator<DialSpec> changes, AddressSource... sources) {
    return world.dialWith(changes, sources);
  }

  private Disposable publish(Dial<String> dial, ReconnectSpec spec) {
    return dial.repeatedly(spec).subscribe(connections::add, failures::add);
  }

  private FakeConnection last() {
    return world.made.get(world.made.size() - 1);
  }

  private void nothingIsLeft() {
    long scheduled = world.time.getScheduledTaskCount();
    int attempts = world.attempts.size();
    world.passMillis(1_000_000);
    assertThat(world.made).allMatch(FakeConnection::isDisposed);
    assertThat(world.attempts).hasSize(attempts);
    assertThat(world.time.getScheduledTaskCount()).isEqualTo(scheduled);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void whatRetryIfThrowsEndsThePublisher(Throwable thrown) {
    Disposable publisher = publish(world.dial(FOUR), half.retryIf(failure -> raise(thrown)));
    world.passMillis(1);
    last().end(CloseReason.of(new PacketException(Reason.PACKET_MALFORMED, "odd")));
    assertThat(failures).containsExactly(thrown);
    publisher.dispose();
    nothingIsLeft();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void whatRetryIfThrowsAfterALostRoundEndsThePublisher(Throwable thrown) {
    publish(
        world.dial(AddressSource.of(DialWorld.addresses("v4-1"))),
        half.retryIf(failure -> raise(thrown)));
    world.passMillis(1);
    assertThat(failures).containsExactly(thrown);
    nothingIsLeft();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void jitterThatThrowsEndsThePublisher(Throwable thrown) {
    publish(
        world.dial(AddressSource.of(DialWorld.addresses("v4-1"))),
        half.random(() -> raise(thrown)));
    world.passMillis(1);
    assertThat(failures).containsExactly(thrown);
    nothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, 2, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void jitterOutOfItsRangeIsADelayWithinTheCeiling(double jitter) {
    Duration delay = half.random(() -> jitter).delay(3);
    assertThat(delay).isBetween(Duration.ZERO, half.ceiling(3));
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aListenerThatThrowsIsLoggedForEachEventAndChangesNothing(Throwable thrown) {
    List<DialEvent> toldToAnother = new ArrayList<>();
    UnaryOperator<DialSpec> listeners =
        spec ->
            spec.doOnEvent(event -> raise(thrown))
                .doOnEvent(toldToAnother::add)
                .doOnEvent(event -> raise(thrown));
    publish(dial(listeners, world.answers(at(0, "v4-1", "v4-4"))), half);
    world.passMillis(100);
    assertThat(connections).containsExactlyElementsOf(world.made);
    assertThat(last().isDisposed()).isFalse();
    assertThat(toldToAnother).containsExactlyElementsOf(world.events).hasSize(5);
    assertThat(log.logged()).hasSize(10).containsOnly(thrown);

    last().end(BY_PEER);
    world.passMillis(501);
    assertThat(connections).hasSize(2);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void whoMakesMonitorsAndThrowsIsLoggedAndTheOthersAreMade(Throwable thrown) {
    List<DialEvent> toldToAnother = new ArrayList<>();
    UnaryOperator<DialSpec> monitors =
        spec -> spec.monitorEach(() -> raise(thrown)).monitorEach(() -> toldToAnother::add);
    publish(dial(monitors, world.answers(at(0, "v4-1", "v4-4"))), half);
    world.passMillis(100);
    assertThat(connections).containsExactlyElementsOf(world.made);
    assertThat(toldToAnother).containsExactlyElementsOf(world.events).isNotEmpty();
    assertThat(log.logged()).containsExactly(thrown);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aListenerThatThrowsOnConnectedLosesNoConnection(Throwable thrown) {
    UnaryOperator<DialSpec> listener =
        spec ->
            spec.doOnEvent(
                event -> {
                  if (event instanceof DialEvent.Connected) {
                    raise(thrown);
                  }
                });
    dial(listener, FOUR).once().subscribe(connections::add, failures::add);
    world.passMillis(1);
    assertThat(connections).containsExactlyElementsOf(world.made).hasSize(1);
    assertThat(log.logged()).containsExactly(thrown);
  }

  @Test
  void whoCancelsOnConnectedLeavesNoConnection() {
    Disposable.Swap once = Disposables.swap();
    UnaryOperator<DialSpec> cancels =
        spec ->
            spec.doOnEvent(
                event -> {
                  if (event instanceof DialEvent.Connected) {
                    once.dispose();
                  }
                });
    once.update(dial(cancels, FOUR).once().subscribe(connections::add, failures::add));
    world.passMillis(1);
    assertThat(world.made).hasSize(1);
    assertThat(connections).isEmpty();
    nothingIsLeft();
  }

  @Test
  void whoCancelsThePublisherOnConnectedLeavesNoConnection() {
    Disposable.Swap publisher = Disposables.swap();
    UnaryOperator<DialSpec> cancels =
        spec ->
            spec.doOnEvent(
                event -> {
                  if (event instanceof DialEvent.Connected) {
                    publisher.dispose();
                  }
                });
    publisher.update(publish(dial(cancels, FOUR), half));
    world.passMillis(1);
    assertThat(world.made).hasSize(1);
    assertThat(connections).isEmpty();
    nothingIsLeft();
  }

  static List<List<SocketAddress>> unreadableLists() {
    return List.of(
        Arrays.asList(DialWorld.address("v4-1"), null),
        new AbstractList<>() {
          @Override
          public SocketAddress get(int index) {
            return raise(new NoClassDefFoundError("of a test"));
          }

          @Override
          public int size() {
            return 1;
          }
        });
  }

  @ParameterizedTest
  @MethodSource("unreadableLists")
  void aSourceWithAListThatCannotBeReadHasFailedAndTheOthersCount(List<SocketAddress> list) {
    AddressSource later =
        query -> Mono.delay(Duration.ofMillis(20), world.time).map(tick -> list).flux();
    dial(spec -> spec, later, world.answers(at(30, "v4-4")))
        .once()
        .subscribe(connections::add, failures::add);
    world.passMillis(31);
    assertThat(connections).hasSize(1);
    assertThat(world.events).filteredOn(DialEvent.ResolutionFailed.class::isInstance).hasSize(1);

    dial(spec -> spec, later).once().subscribe(connections::add, failures::add);
    world.passMillis(20);
    assertThat(failures).hasSize(1).first().asString().contains("list that cannot be read");
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aSourceThatThrowsHasFailedAndTheOthersCount(Throwable thrown) {
    List<AddressSource> broken =
        List.of(
            query -> raise(thrown),
            query -> nothing(),
            query -> Flux.defer(() -> raise(thrown)),
            query -> throwingWhenRequested(thrown),
            query -> Flux.error(thrown),
            query -> Flux.from(FOUR.addresses(query)).concatWith(Flux.defer(() -> raise(thrown))));
    for (AddressSource source : broken) {
      dial(spec -> spec, source, world.answers(at(10, "v4-4")))
          .once()
          .subscribe(connections::add, failures::add);
      world.passMillis(100);
    }
    assertThat(failures).isEmpty();
    assertThat(connections).hasSize(broken.size());
    assertThat(world.events)
        .filteredOn(DialEvent.ResolutionFailed.class::isInstance)
        .hasSize(broken.size());
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what nobody may give
  private static <T> T nothing() {
    return null;
  }

  private static <T> Flux<T> throwingWhenRequested(Throwable thrown) {
    return new Flux<>() {
      @Override
      public void subscribe(CoreSubscriber<? super T> actual) {
        actual.onSubscribe(
            new Subscription() {
              @Override
              public void request(long n) {
                raise(thrown);
              }

              @Override
              public void cancel() {
                raise(thrown);
              }
            });
      }
    };
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aConnectorThatThrowsFailsItsAttemptAlone(Throwable thrown) {
    List<Mono<PeerConnection<String>>> broken =
        List.of(
            Mono.defer(() -> raise(thrown)),
            Mono.from(throwingWhenRequested(thrown)),
            Mono.error(thrown));
    List<SocketAddress> addresses =
        List.of(DialWorld.addresses("v4-0", "v4-1", "v4-2", "v4-3", "v4-4"));
    Dial.of(
            world.spec(),
            List.of(AddressSource.of(addresses.toArray(SocketAddress[]::new))),
            address -> {
              int index = addresses.indexOf(address);
              return index == 4
                  ? world.dial(FOUR).once()
                  : index == 3 ? raise(thrown) : broken.get(index);
            })
        .once()
        .subscribe(connections::add, failures::add);
    world.passMillis(1);
    assertThat(connections).hasSize(1);
    assertThat(world.events).filteredOn(DialEvent.AttemptFailed.class::isInstance).hasSize(4);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void anAttemptThatThrowsWhenItIsCancelledKeepsNoOtherFromIt(Throwable thrown) {
    List<String> cancelled = new ArrayList<>();
    Dial.of(
            world.spec(),
            List.of(AddressSource.of(DialWorld.addresses("v4-1", "v4-2", "v4-4"))),
            address -> {
              String host = DialWorld.host(address);
              return host.equals("v4-4")
                  ? world.dial(FOUR).once()
                  : Mono.<PeerConnection<String>>never()
                      .doOnCancel(
                          () -> {
                            cancelled.add(host);
                            raise(thrown);
                          });
            })
        .once()
        .subscribe(connections::add, failures::add);
    world.passMillis(1000);
    assertThat(connections).hasSize(1);
    assertThat(cancelled).containsExactly("v4-1", "v4-2");
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aSubscriberThatThrowsEndsThePublisherAndItsConnection(Throwable thrown) {
    world
        .dial(FOUR)
        .repeatedly(half)
        .doOnNext(connection -> raise(thrown))
        .subscribe(connections::add, failures::add);
    world.passMillis(1);
    assertThat(failures).containsExactly(thrown);
    assertThat(world.made).hasSize(1);
    nothingIsLeft();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aSubscriberOfOneDialThatThrowsLeavesNoConnection(Throwable thrown) {
    world
        .dial(FOUR)
        .once()
        .doOnNext(connection -> raise(thrown))
        .subscribe(connections::add, failures::add);
    world.passMillis(1);
    assertThat(failures).containsExactly(thrown);
    world.passMillis(1_000);
    nothingIsLeft();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aSubscriberThatThrowsAtTheEndIsLoggedOnce(Throwable thrown) {
    Subscription[] subscription = new Subscription[1];
    CoreSubscriber<PeerConnection<String>> throwing =
        new CoreSubscriber<>() {
          @Override
          public void onSubscribe(Subscription s) {
            subscription[0] = s;
            s.request(Long.MAX_VALUE);
          }

          @Override
          public void onNext(PeerConnection<String> connection) {
            connections.add(connection);
          }

          @Override
          public void onError(Throwable failure) {
            raise(thrown);
          }

          @Override
          public void onComplete() {
            raise(thrown);
          }
        };
    world.dial(FOUR).once().subscribe(throwing);
    world.passMillis(1);
    assertThat(connections).hasSize(1);
    assertThat(last().isDisposed()).isFalse();
    assertThat(log.logged()).containsExactly(thrown);

    world.dial(AddressSource.of(DialWorld.addresses("v4-1"))).once().subscribe(throwing);
    world
        .dial(AddressSource.of(DialWorld.addresses("v4-1")))
        .repeatedly(half.retryIf(e -> false))
        .subscribe(throwing);
    world.passMillis(1);
    assertThat(log.logged()).containsExactly(thrown, thrown, thrown);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aPermissionThatThrowsEndsThePublisher(Throwable thrown) {
    for (Publisher<?> permission :
        List.<Publisher<?>>of(
            Mono.defer(() -> raise(thrown)), throwingWhenRequested(thrown), Mono.error(thrown))) {
      world.dial(FOUR).repeatedly(half, permission).subscribe(connections::add, failures::add);
    }
    world.passMillis(1);
    assertThat(failures).containsExactly(thrown, thrown, thrown);
    assertThat(world.attempts).isEmpty();
    nothingIsLeft();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aConnectionThatThrowsIsClosedAndEndsThePublisher(Throwable thrown) {
    class Broken extends FakeConnection {
      private final boolean id;

      Broken(boolean id) {
        super(DialWorld.address("v4-4"));
        this.id = id;
      }

      @Override
      public NodeId remoteId() {
        return id ? raise(thrown) : super.remoteId();
      }

      @Override
      public Mono<CloseReason> onClose() {
        return id ? super.onClose() : raise(thrown);
      }
    }

    for (boolean id : new boolean[] {true, false}) {
      Broken connection = new Broken(id);
      world.made.add(connection);
      Dial.<String>of(world.spec(), List.of(FOUR), address -> Mono.just(connection))
          .repeatedly(half)
          .subscribe(connections::add, failures::add);
      world.passMillis(1);
    }
    assertThat(failures).containsExactly(thrown, thrown);
    nothingIsLeft();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void anAddressThatThrowsFailsTheDial(Throwable thrown) {
    SocketAddress hash =
        new SocketAddress() {
          @Override
          public int hashCode() {
            return raise(thrown);
          }

          @Override
          public boolean equals(@Nullable Object other) {
            return this == other;
          }
        };
    SocketAddress text =
        new SocketAddress() {
          @Override
          public String toString() {
            return raise(thrown);
          }
        };
    for (SocketAddress address : List.of(hash, text)) {
      AddressSource source = query -> Flux.just(List.of(address));
      Dial.<String>of(world.spec(), List.of(source), any -> Mono.error(new IllegalStateException()))
          .once()
          .subscribe(connections::add, failures::add);
      world.passMillis(1);
    }
    assertThat(failures).containsExactly(thrown, thrown);
    nothingIsLeft();
  }

  /** Accepts so many tasks, and rejects what comes then, as one that was disposed does. */
  private Scheduler rejectingAfter(int tasks) {
    return new Scheduler() {
      private int left = tasks;

      @Override
      public Disposable schedule(Runnable task) {
        return schedule(task, 0, TimeUnit.NANOSECONDS);
      }

      @Override
      public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        if (left-- <= 0) {
          throw new RejectedExecutionException("of a test");
        }
        return world.time.schedule(task, delay, unit);
      }

      @Override
      public Worker createWorker() {
        return world.time.createWorker();
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void aSchedulerThatRejectsEndsThePublisherAndLeavesNothing(int accepted) {
    Dial<String> dial =
        dial(
            spec -> spec.scheduler(rejectingAfter(accepted)),
            world.answers(at(0, "v4-1"), at(10, "v4-4")));
    dial.repeatedly(half)
        .doOnNext(connection -> ((FakeConnection) connection).end(BY_PEER))
        .subscribe(connections::add, failures::add);
    world.passMillis(100_000);
    assertThat(failures).hasSize(1).first().isInstanceOf(RejectedExecutionException.class);
    nothingIsLeft();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aBudgetWhoseTimersThrowEndsThePublisher(Throwable thrown) {
    Scheduler timers =
        new Scheduler() {
          @Override
          public Disposable schedule(Runnable task) {
            return raise(thrown);
          }

          @Override
          public Worker createWorker() {
            return raise(thrown);
          }
        };
    publish(world.dial(FOUR), half.budget(DialBudget.perSecond(1, 1, timers)));
    assertThat(failures).containsExactly(thrown);
    nothingIsLeft();
  }

  @Test
  void operatorsThatCancelWhatTheyTakeKeepTheConnection() {
    Mono<PeerConnection<String>> once = world.dial(FOUR).once();
    once.flux().next().doOnNext(PeerConnection::receive).subscribe(connections::add);
    once.flux().take(1).doOnNext(PeerConnection::receive).subscribe(connections::add);
    world.passMillis(10_000);
    assertThat(connections).hasSize(2).noneMatch(PeerConnection::isDisposed);
  }

  @Test
  void aConnectionThatAnOperatorDropsIsClosed() {
    Sinks.Empty<Void> giveUp = Sinks.empty();
    // Gives up while it is given the connection.
    world
        .dial(FOUR)
        .once()
        .<PeerConnection<String>>handle(
            (connection, sink) -> {
              giveUp.tryEmitEmpty();
              sink.next(connection);
            })
        .takeUntilOther(giveUp.asMono())
        .subscribe(connections::add);
    world.passMillis(1_000);
    assertThat(connections).isEmpty();
    assertThat(last().isDisposed()).isFalse();
    world.passMillis(1);
    nothingIsLeft();
  }
}
