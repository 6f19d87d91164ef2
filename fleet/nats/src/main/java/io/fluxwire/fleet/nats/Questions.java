package io.fluxwire.fleet.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.Notice;
import io.fluxwire.fleet.internal.TolerantReader;
import io.nats.client.JetStreamStatusException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** What the others are asked: who holds a peer, and which rows and rules they know. Thread-safe. */
final class Questions {

  private static final String ROWS = "rows";

  private final EngineConfig config;
  private final Subjects subjects;
  private final Steps steps;
  private final SessionConnection connection;
  private final Membership membership;
  private final TolerantReader reader;

  Questions(
      EngineConfig config,
      Steps steps,
      SessionConnection connection,
      Membership membership,
      TolerantReader reader) {
    this.config = config;
    this.subjects = Subjects.of(config.fleet);
    this.steps = steps;
    this.connection = connection;
    this.membership = membership;
    this.reader = reader;
  }

  /** Empty if nobody holds it. */
  Mono<Holding> find(NodeId peer) {
    return question(subjects.peer(peer), new byte[0])
        // Whoever holds it is stopped, or dead.
        .onErrorResume(TimeoutException.class, silence -> Mono.empty())
        .flatMap(
            answer ->
                Mono.justOrEmpty(
                    reader.read(answer::rows).flatMap(rows -> rows.stream().findFirst())))
        .filter(row -> row.peer().equals(peer));
  }

  Flux<Holding> rowsOf(InstanceId member) {
    return pages(member, ROWS, Notice::rows, row -> row.peer().toString());
  }

  Flux<AccessRule> rulesOf(InstanceId member) {
    return pages(member, Notice.RULES, Notice::rules, AccessRule::target);
  }

  /** Asks a member for one page after the other, as long as it is a member. */
  private <T> Flux<T> pages(
      InstanceId member, String word, Function<Notice, List<T>> reading, Function<T, String> key) {
    return page(member, word, "", reading)
        .expand(
            page ->
                page.size() < Rows.PAGE
                    ? Mono.empty()
                    : page(member, word, key.apply(page.get(page.size() - 1)), reading))
        .concatMapIterable(page -> page, 1);
  }

  private <T> Mono<List<T>> page(
      InstanceId member, String word, String after, Function<Notice, List<T>> reading) {
    return question(subjects.ask(member), (word + "\n" + after).getBytes(UTF_8))
        .retryWhen(
            Retry.indefinitely()
                .filter(
                    failure -> failure instanceof TimeoutException && membership.contains(member)))
        .onErrorResume(TimeoutException.class, dead -> Mono.empty())
        .flatMap(answer -> Mono.justOrEmpty(reader.read(() -> reading.apply(answer))));
  }

  /** Empty if nobody listens; an error if nobody answers. */
  private Mono<Notice> question(String subject, byte[] question) {
    return steps
        .call(() -> connection.request(subject, question))
        .flatMap(
            answer ->
                Mono.fromFuture(answer).timeout(config.heartbeat.answerLimit(), config.timers))
        .onErrorResume(JetStreamStatusException.class, nobody -> Mono.empty())
        .map(answer -> Notice.of(answer.getData()));
  }
}
