package io.fluxwire.dial;

import io.fluxwire.observe.dial.DialStep;
import io.fluxwire.observe.dial.RoundObserver;
import reactor.util.context.Context;

/**
 * What the parts of one round share.
 *
 * @param spec how addresses race
 * @param executor runs all that happens
 * @param observer counts and traces the round
 * @param context what sources and attempts run in: the subscriber's, with the round's trace
 */
record RoundScope(DialSpec spec, DialExecutor executor, RoundObserver observer, Context context) {

  /** The scope of a round that begins now. */
  static RoundScope begin(DialSpec spec, DialExecutor executor, Context subscriber) {
    RoundObserver observer = spec.observability().round(spec.name(), subscriber);
    return new RoundScope(spec, executor, observer, observer.within(subscriber));
  }

  /** What is dialled. */
  String name() {
    return spec.name();
  }

  /** Tells who observes the round and who listens to the dial. */
  void tell(DialStep step, DialEvent event) {
    observer.onStep(step, event);
    spec.tell(event);
  }
}
