package io.fluxwire.observe;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.observe.dial.DialStep;
import io.fluxwire.observe.dial.Outcome;
import io.fluxwire.observe.dial.RoundObserver;
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
  public void onStep(DialStep step, Object event) {
    all.forEach(observer -> observer.onStep(step, event));
  }

  @Override
  public void onAttemptEnded(SocketAddress address, Outcome outcome) {
    all.forEach(observer -> observer.onAttemptEnded(address, outcome));
  }

  @Override
  public void onWon(SocketAddress address, NodeId peer) {
    all.forEach(observer -> observer.onWon(address, peer));
  }

  @Override
  public void onFailed(PeerException failure) {
    all.forEach(observer -> observer.onFailed(failure));
  }

  @Override
  public void onCancelled() {
    all.forEach(RoundObserver::onCancelled);
  }
}
