package io.fluxwire.request;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.testing.MemoryDuplex;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** One who asks and one who answers, in memory and under virtual time. */
final class RequestPair {

  final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  final MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time);
  final PeerConnection<Word> asking;
  final PeerConnection<Word> asked;

  private final List<PeerConnection<Word>> made = new ArrayList<>();
  final List<CloseReason> askingClosed = new ArrayList<>();
  final List<CloseReason> askedClosed = new ArrayList<>();

  RequestPair(
      boolean upgraded, @Nullable RequestSpec<Word> asking, @Nullable RequestSpec<Word> asked) {
    establish(upgraded, asking, duplexes.dialer(), Role.DIALER);
    establish(upgraded, asked, duplexes.acceptor(), Role.ACCEPTOR);
    settle();
    this.asking = made(MemoryDuplex.Pair::dialer);
    this.asked = made(MemoryDuplex.Pair::acceptor);
    this.asking.onClose().subscribe(askingClosed::add);
    this.asked.onClose().subscribe(askedClosed::add);
    settle();
  }

  private PeerConnection<Word> made(
      java.util.function.Function<MemoryDuplex.Pair, MemoryDuplex> end) {
    return made.stream()
        .filter(one -> one.localAddress().equals(end.apply(duplexes).localAddress()))
        .findFirst()
        .orElseThrow();
  }

  private void establish(
      boolean upgraded, @Nullable RequestSpec<Word> requests, MemoryDuplex duplex, Role role) {
    SessionSpec.of(NodeKey.generate())
        .codec(Word.CODEC)
        .curveScheduler(time)
        .upgrade(upgraded ? UpgradePolicy.required() : UpgradePolicy.off())
        .requests(requests)
        .establish(duplex, role)
        .subscribe(made::add);
  }

  /** Runs all that is due now. */
  void settle() {
    time.advanceTime();
  }

  void pass(Duration duration) {
    time.advanceTimeBy(duration);
  }

  /** What becomes of a request: its answer's text, or how it failed. */
  List<Object> ask(String text) {
    return outcome(asking.request(Word.ask(text)));
  }

  static List<Object> outcome(Mono<Word> request) {
    List<Object> outcome = new ArrayList<>();
    request.map(Word::text).subscribe(outcome::add, outcome::add);
    return outcome;
  }

  /** How many requests have not ended. */
  static int pending(PeerConnection<Word> connection) {
    return ((RequestConnection<Word>) connection).pending();
  }

  void close() {
    asking.dispose();
    asked.dispose();
    settle();
  }
}
