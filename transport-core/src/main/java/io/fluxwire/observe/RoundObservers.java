package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import java.net.SocketAddress;
import java.util.List;
import reactor.util.context.Context;

/** Several observers as one: each is told of everything, in their order. */
final class RoundObservers implements RoundObserver {

  private final List<RoundObserver> all;

  private RoundObservers(List<RoundObserver> all) {
    this.all = all;
  }

  static RoundObserver of(RoundObserver... all) {
    List<RoundObserver> told = List.of(all).stream().filter(one -> one != NONE).toList();
    return switch (told.size()) {
      case 0 -> NONE;
      case 1 -> told.get(0);
      default -> new RoundObservers(told);
    };
  }

  @Override
  public Context within(Context context) {
    Context extended = context;
    for (RoundObserver observer : all) {
      extended = observer.within(extended);
    }
    return extended;
  }

  @Override
  public Stopwatch resolving() {
    List<Stopwatch> running = all.stream().map(RoundObserver::resolving).toList();
    return outcome -> running.forEach(stopwatch -> stopwatch.stop(outcome));
  }

  @Override
  public void step(DialStep step, Object event) {
    all.forEach(observer -> observer.step(step, event));
  }

  @Override
  public void attempted(SocketAddress address, Outcome outcome) {
    all.forEach(observer -> observer.attempted(address, outcome));
  }

  @Override
  public void won(SocketAddress address, NodeId peer) {
    all.forEach(observer -> observer.won(address, peer));
  }

  @Override
  public void failed(PeerException failure) {
    all.forEach(observer -> observer.failed(failure));
  }

  @Override
  public void cancelled() {
    all.forEach(RoundObserver::cancelled);
  }
}
