package io.fluxwire.request;

import static io.fluxwire.request.RequestPair.outcome;
import static io.fluxwire.request.RequestPair.pending;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.TooManyRequestsException;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.observe.dial.Outcome;
import io.fluxwire.request.Word.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/** Who asks gets its own answer, once, or one error; and whoever is asked is not flooded. */
class RequestsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private RequestPair pair;

  @AfterEach
  void close() {
    if (pair != null) {
      pair.close();
    }
  }

  private static RequestSpec<Word> answering(UnaryOperator<RequestHandlers<Word, Kind>> handlers) {
    return Word.requests().handlers(handlers.apply(RequestHandlers.by(Word::kind)));
  }

  /** Answers by hand. */
  private static final class Desk {

    private final List<Word> asked = new ArrayList<>();
    private final List<Sinks.One<Word>> answers = new ArrayList<>();
    private int cancelled;

    Mono<Word> take(Word request) {
      asked.add(request);
      Sinks.One<Word> answer = Sinks.one();
      answers.add(answer);
      return answer.asMono().doOnCancel(() -> cancelled++);
    }

    RequestSpec<Word> spec() {
      return answering(all -> all.onRequest(Kind.ASK, (peer, word) -> take(word)));
    }

    void answer(int which) {
      Word request = asked.get(which);
      answers.get(which).tryEmitValue(request.answer("re " + request.text())).orThrow();
    }
  }

  private static void assertFailed(List<Object> outcome, Reason reason) {
    assertThat(outcome)
        .singleElement()
        .isInstanceOfSatisfying(
            PeerException.class, failed -> assertThat(failed.reason()).isEqualTo(reason));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachRequestGetsItsOwnAnswerInWhateverOrder(boolean upgraded) {
    Desk desk = new Desk();
    pair = new RequestPair(upgraded, Word.requests(), desk.spec());
    List<Object> one = pair.ask("one");
    List<Object> two = pair.ask("two");
    pair.settle();
    assertThat(desk.asked).extracting(Word::id).containsExactly(1L, 2L);
    desk.answer(1);
    desk.answer(0);
    pair.settle();

    assertThat(one).containsExactly("re one");
    assertThat(two).containsExactly("re two");
    assertThat(pending(pair.asking)).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bothSidesAskAtOnceAndAHandlerMayAskBack(boolean upgraded) {
    RequestSpec<Word> spec =
        answering(
            all ->
                all.onRequest(
                    Kind.ASK,
                    (peer, word) ->
                        word.text().equals("deep")
                            ? Mono.just(word.answer("down"))
                            : peer.request(Word.ask("deep"))
                                .map(deep -> word.answer(word.text() + " " + deep.text()))));
    pair = new RequestPair(upgraded, spec, spec);
    List<Object> here = pair.ask("here");
    List<Object> there = outcome(pair.asked.request(Word.ask("there")));
    pair.settle();

    assertThat(here).containsExactly("here down");
    assertThat(there).containsExactly("there down");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRequestWithoutAnAnswerTimesOutAndTheConnectionGoesOn(boolean upgraded) {
    Desk desk = new Desk();
    pair = new RequestPair(upgraded, Word.requests().timeout(SECOND), desk.spec());
    List<Object> late = pair.ask("late");
    pair.settle();
    pair.pass(SECOND.minusMillis(1));
    assertThat(late).isEmpty();
    pair.pass(Duration.ofMillis(1));
    assertThat(late).singleElement().isInstanceOf(PeerTimeoutException.class);
    assertFailed(late, Reason.REQUEST_TIMEOUT);
    desk.answer(0);
    List<Object> next = pair.ask("next");
    pair.settle();
    desk.answer(1);
    pair.settle();

    assertThat(late).hasSize(1);
    assertThat(next).containsExactly("re next");
    assertThat(desk.asked.get(1).id()).as("no id comes twice").isEqualTo(2);
    assertThat(pending(pair.asking)).isZero();
  }

  @Test
  void moreThanMayBeInFlightWaitAndMoreThanMayWaitError() {
    Desk desk = new Desk();
    pair = new RequestPair(false, Word.requests().maxInFlight(2).maxWaiting(1), desk.spec());
    pair.ask("one");
    Disposable two = pair.asking.request(Word.ask("two")).subscribe();
    List<Object> three = pair.ask("three");
    List<Object> four = pair.ask("four");
    pair.settle();
    assertThat(desk.asked).hasSize(2);
    assertThat(four).singleElement().isInstanceOf(TooManyRequestsException.class);
    assertFailed(four, Reason.TOO_MANY_REQUESTS);

    two.dispose();
    pair.settle();
    assertThat(desk.asked).as("a cancel makes place at once").hasSize(3);
    desk.answer(1);
    desk.answer(2);
    pair.settle();
    assertThat(three).containsExactly("re three");
    assertThat(pending(pair.asking)).isEqualTo(1);
  }

  @Test
  void whoCancelsWhileItWaitsAsksNothing() {
    Desk desk = new Desk();
    pair = new RequestPair(false, Word.requests().maxInFlight(1), desk.spec());
    pair.ask("one");
    pair.asking.request(Word.ask("two")).subscribe().dispose();
    pair.settle();
    desk.answer(0);
    pair.settle();

    assertThat(desk.asked).hasSize(1);
    assertThat(pending(pair.asking)).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whenTheConnectionEndsAllRequestsErrorWithItsReason(boolean upgraded) {
    Desk desk = new Desk();
    pair = new RequestPair(upgraded, Word.requests().maxInFlight(1), desk.spec());
    List<Object> inFlight = pair.ask("one");
    List<Object> waiting = pair.ask("two");
    pair.settle();
    pair.asked.closeWithError("out of order").subscribe();
    pair.settle();
    List<Object> later = pair.ask("three");

    for (List<Object> outcome : List.of(inFlight, waiting, later)) {
      assertFailed(outcome, Reason.PEER_ERROR);
      assertThat(outcome)
          .singleElement()
          .isInstanceOfSatisfying(
              ConnectionClosedException.class,
              told -> assertThat(told.problem()).isEqualTo("out of order"));
    }
    assertThat(pending(pair.asking)).isZero();
    assertThat(desk.cancelled).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCloseStillGetsTheAnswersThatAreUnderWay(boolean upgraded) {
    Desk desk = new Desk();
    pair = new RequestPair(upgraded, Word.requests(), desk.spec());
    List<Object> answered = pair.ask("one");
    List<Object> unanswered = pair.ask("two");
    pair.settle();
    pair.asking.close().subscribe();
    pair.settle();
    desk.answer(0);
    pair.settle();
    assertThat(answered).containsExactly("re one");
    pair.pass(Duration.ofSeconds(10));

    assertFailed(unanswered, Reason.CLOSED_LOCALLY);
    assertThat(pending(pair.asking)).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aHandlerThatFailsTellsThePeerThatAndNoMore(boolean upgraded) {
    List<RequestSpec<Word>> failing =
        List.of(
            answering(
                all ->
                    all.onRequest(
                        Kind.ASK,
                        (peer, word) -> {
                          throw bug();
                        })),
            answering(all -> all.onRequest(Kind.ASK, (peer, word) -> Mono.error(bug()))),
            answering(all -> all.onRequest(Kind.ASK, (peer, word) -> Mono.empty())),
            answering(all -> all.onMessage(Kind.ASK, (peer, word) -> Mono.error(bug()))),
            Word.requests()
                .handlers(
                    RequestHandlers.by(RequestsTest::kindOfNone)
                        .onMessage(Kind.SAY, (peer, word) -> Mono.empty())),
            RequestSpec.of(
                word -> {
                  throw bug();
                },
                Word::withId));
    for (RequestSpec<Word> spec : failing) {
      pair = new RequestPair(upgraded, Word.requests(), spec);
      List<Object> outcome = pair.ask("one");
      pair.settle();

      assertFailed(outcome, Reason.PEER_ERROR);
      assertThat(((ConnectionClosedException) outcome.get(0)).problem())
          .isEqualTo("the application failed");
      assertThat(pair.askedClosed).extracting("reason").containsExactly(Reason.CLOSED_WITH_ERROR);
      pair.close();
    }
  }

  private static Kind kindOfNone(Word word) {
    throw bug();
  }

  private static IllegalStateException bug() {
    return new IllegalStateException("a secret");
  }

  @Test
  void aFailureMayBeAnAnswer() {
    pair =
        new RequestPair(
            false,
            Word.requests(),
            answering(
                    all ->
                        all.onRequest(
                            Kind.ASK,
                            (peer, word) -> {
                              throw bug();
                            }))
                .onHandlerError((word, failure) -> word.answer("sorry")));
    List<Object> outcome = pair.ask("one");
    pair.settle();

    assertThat(outcome).containsExactly("sorry");
    assertThat(pair.askedClosed).isEmpty();
  }

  @Test
  void whatNobodyHandlesIsReceivedInOrderBesideAnswers() {
    Desk desk = new Desk();
    pair = new RequestPair(false, Word.requests(), desk.spec());
    List<String> received = new ArrayList<>();
    pair.asked.receive().subscribe(word -> received.add(word.text()));
    assertThatThrownBy(() -> pair.asked.receive().blockFirst())
        .isInstanceOf(IllegalStateException.class);
    pair.asking.send(Flux.range(0, 500).map(i -> Word.say("" + i))).subscribe();
    List<Object> outcome = pair.ask("one");
    pair.settle();
    desk.answer(0);
    pair.asking.sendOne(Word.say("500")).subscribe();
    pair.settle();

    assertThat(outcome).containsExactly("re one");
    assertThat(received)
        .containsExactlyElementsOf(Flux.range(0, 501).map(String::valueOf).toIterable());
    pair.asking.close().subscribe();
    pair.settle();
    assertThat(pair.askedClosed).extracting("reason").containsExactly(Reason.CLOSED_BY_PEER);
  }

  /** Answers wait behind what nobody takes: that is the price of order without a queue. */
  @Test
  void packetsThatNobodyReceivesStopTheReadingUntilSomebodyDoes() {
    Desk desk = new Desk();
    pair = new RequestPair(false, Word.requests(), desk.spec());
    List<Object> outcome = pair.ask("one");
    pair.settle();
    pair.asked
        .send(Flux.range(0, RequestSpec.MAX_UNRECEIVED).map(i -> Word.say("" + i)))
        .subscribe();
    pair.settle();
    desk.answer(0);
    pair.settle();
    assertThat(outcome).isEmpty();

    List<Word> received = new ArrayList<>();
    Demanding demanding = new Demanding(received);
    pair.asking.receive().subscribe(demanding);
    demanding.request(1);
    pair.settle();
    assertThat(received).hasSize(1);
    assertThat(outcome).as("there is a place for one").containsExactly("re one");
    demanding.request(Long.MAX_VALUE);
    pair.settle();
    assertThat(received).hasSize(RequestSpec.MAX_UNRECEIVED);
  }

  private static final class Demanding extends BaseSubscriber<Word> {

    private final List<Word> received;

    Demanding(List<Word> received) {
      this.received = received;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      // Nothing until a test asks.
    }

    @Override
    protected void hookOnNext(Word word) {
      received.add(word);
    }
  }

  @Test
  void whoLeavesLosesWhatItWouldHaveGotAndNoAnswer() {
    Desk desk = new Desk();
    pair = new RequestPair(false, Word.requests(), desk.spec());
    pair.asking.receive().subscribe().dispose();
    pair.asked.send(Flux.range(0, 1_000).map(i -> Word.say("" + i))).subscribe();
    List<Object> outcome = pair.ask("one");
    pair.settle();
    desk.answer(0);
    pair.settle();

    assertThat(outcome).containsExactly("re one");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 200})
  void noMoreIsHandledAtATimeThanMayBe(int most) {
    Desk desk = new Desk();
    pair = new RequestPair(true, Word.requests(), desk.spec().maxHandled(most));
    List<List<Object>> outcomes = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      outcomes.add(pair.ask("" + i));
    }
    pair.settle();
    for (int answered = 0; answered < outcomes.size(); answered++) {
      assertThat(desk.asked.size() - answered).isBetween(1, most);
      desk.answer(answered);
      pair.settle();
    }
    assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome).hasSize(1));
    assertThat(outcomes.get(249)).containsExactly("re 249");
  }

  @Test
  void messagesAreHandledAtTheSameBoundAndToTheirEnd() {
    List<Sinks.Empty<Void>> messages = new ArrayList<>();
    List<String> done = new ArrayList<>();
    RequestSpec<Word> spec =
        answering(
                all ->
                    all.onMessage(
                        Kind.SAY,
                        (peer, word) -> {
                          Sinks.Empty<Void> message = Sinks.empty();
                          messages.add(message);
                          return message
                              .asMono()
                              .doOnSuccess(nothing -> done.add(word.text()))
                              .doOnCancel(() -> done.add("cancelled"));
                        }))
            .maxHandled(2);
    pair = new RequestPair(true, Word.requests(), spec);
    pair.asking.send(Flux.range(0, 4).map(i -> Word.say("" + i))).subscribe();
    pair.settle();
    assertThat(messages).hasSize(2);
    messages.get(0).tryEmitEmpty();
    messages.get(1).tryEmitEmpty();
    pair.settle();
    assertThat(messages).hasSize(4);
    pair.asking.dispose();
    pair.settle();
    assertThat(pair.askedClosed).hasSize(1);
    messages.get(2).tryEmitEmpty();
    messages.get(3).tryEmitEmpty();

    assertThat(done).containsExactly("0", "1", "2", "3");
  }

  @Test
  void anAnswerToNoRequestIsDropped() {
    pair = new RequestPair(false, Word.requests(), Word.requests());
    pair.asked.sendOne(Word.ask("").withId(77).answer("unasked")).subscribe();
    pair.settle();

    assertThat(pair.askingClosed).isEmpty();
    assertThat(pending(pair.asking)).isZero();
  }

  @Test
  void aFunctionThatThrowsFailsItsRequestAlone() {
    Desk desk = new Desk();
    RequestSpec<Word> spec =
        RequestSpec.of(
            Word::answers,
            (word, id) -> {
              if (word.text().equals("bad")) {
                throw bug();
              }
              return word.withId(id);
            });
    pair = new RequestPair(false, spec.maxInFlight(1), desk.spec());
    List<Object> bad = pair.ask("bad");
    List<Object> good = pair.ask("good");
    pair.settle();
    desk.answer(0);
    pair.settle();

    assertThat(bad).singleElement().isInstanceOf(IllegalStateException.class);
    assertThat(good).containsExactly("re good");
    assertThat(pending(pair.asking)).isZero();
  }

  @Test
  void aConnectionThatSomebodyReadsAlreadyFailsRequests() {
    pair = new RequestPair(false, null, null);
    pair.asking.receive().subscribe();
    pair.settle();
    PeerConnection<Word> late = Word.requests().over(pair.asking, pair.time);
    pair.settle();
    List<Object> asked = outcome(late.request(Word.ask("anybody?")));
    pair.settle();
    assertFailed(asked, Reason.APPLICATION_ERROR);
  }

  @Test
  void aTimeoutOfLessThanAMillisecondIsRefused() {
    assertThatThrownBy(() -> Word.requests().timeout(Duration.ofNanos(999_999)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 ms");
  }

  @Test
  void howEachRequestEndsIsToldOnce() {
    Desk desk = new Desk();
    pair = new RequestPair(false, null, desk.spec());
    List<String> told = new ArrayList<>();
    TrafficListener traffic =
        new TrafficListener() {
          @Override
          public void onRequestEnded(long nanos, Outcome outcome, @Nullable Reason reason) {
            assertThat(nanos).isPositive();
            told.add(outcome + " " + reason);
          }
        };
    PeerConnection<Word> asking =
        Word.requests()
            .timeout(SECOND)
            .maxInFlight(3)
            .maxWaiting(0)
            .over(pair.asking, pair.time, traffic, Context.empty());
    outcome(asking.request(Word.ask("answered")));
    outcome(asking.request(Word.ask("late")));
    Disposable cancelled = asking.request(Word.ask("cancelled")).subscribe();
    outcome(asking.request(Word.ask("one too many")));
    pair.settle();
    desk.answer(0);
    cancelled.dispose();
    pair.pass(SECOND);
    desk.answer(1);
    outcome(asking.request(Word.ask("cut off")));
    pair.settle();
    asking.dispose();
    pair.settle();
    assertThat(told)
        .containsExactly(
            "FAILURE TOO_MANY_REQUESTS",
            "SUCCESS null",
            "CANCELLED null",
            "FAILURE REQUEST_TIMEOUT",
            "FAILURE CLOSED_LOCALLY");
  }

  @Test
  void handlersRunInTheContextThatTheyAreGiven() {
    pair = new RequestPair(false, Word.requests(), null);
    List<String> seen = new ArrayList<>();
    RequestSpec<Word> handling =
        answering(
            all ->
                all.onRequest(
                        Kind.ASK,
                        (peer, word) ->
                            Mono.deferContextual(
                                context -> Mono.just(word.answer(context.get("who")))))
                    .onMessage(
                        Kind.SAY,
                        (peer, word) ->
                            Mono.deferContextual(
                                context -> {
                                  seen.add(context.get("who"));
                                  return Mono.empty();
                                })));
    handling.over(pair.asked, pair.time, TrafficListener.NONE, Context.of("who", "me"));
    List<Object> asked = pair.ask("who?");
    pair.asking.sendOne(Word.say("hi")).subscribe();
    pair.settle();
    assertThat(asked).containsExactly("me");
    assertThat(seen).containsExactly("me");
  }

  @Test
  void aConnectionWithoutRequestsSaysWhatItTakes() {
    pair = new RequestPair(false, null, null);
    List<Object> outcome = pair.ask("one");

    assertThat(outcome)
        .singleElement()
        .isInstanceOfSatisfying(
            UnsupportedOperationException.class,
            failure -> assertThat(failure).hasMessageContaining("RequestSpec.over"));
  }

  @Test
  void aConnectionThatIsThereGetsRequests() {
    Desk desk = new Desk();
    pair = new RequestPair(true, null, desk.spec());
    List<Object> outcome =
        outcome(Word.requests().over(pair.asking, pair.time).request(Word.ask("one")));
    pair.settle();
    desk.answer(0);
    pair.settle();

    assertThat(outcome).containsExactly("re one");
  }

  @Test
  void aKindHasOneHandler() {
    RequestHandlers<Word, Kind> one =
        RequestHandlers.by(Word::kind).onMessage(Kind.SAY, (peer, word) -> Mono.empty());
    assertThatThrownBy(() -> one.onRequest(Kind.SAY, (peer, word) -> Mono.just(word)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("SAY has a handler already");
    assertThat(Word.requests().handlers(one))
        .hasToString(
            "RequestSpec[PT30S, 256 in flight, 1024 wait, 64 handled, RequestHandlers[SAY]]");
  }
}
