package io.fluxwire.dial;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Isolated;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * One round, for each subscription anew. Whoever subscribes takes the connection even when it
 * cancels in the same moment, or throws.
 */
final class DialOnce<P> extends Mono<PeerConnection<P>> {

  private final Dial<P> dial;

  DialOnce(Dial<P> dial) {
    this.dial = dial;
  }

  @Override
  public void subscribe(CoreSubscriber<? super PeerConnection<P>> actual) {
    actual.onSubscribe(new OnceSubscription<>(dial, actual));
  }

  private static final class OnceSubscription<P> implements Subscription, DialRound.Listener<P> {

    private sealed interface State {

      /** Nobody has asked for the connection yet. */
      record New() implements State {}

      record Dialing(DialRound<?> round) implements State {}

      record Ended() implements State {}
    }

    private final Dial<P> dial;
    private final CoreSubscriber<? super PeerConnection<P>> actual;
    private final DialExecutor executor;
    private State state = new State.New();

    OnceSubscription(Dial<P> dial, CoreSubscriber<? super PeerConnection<P>> actual) {
      this.dial = dial;
      this.actual = actual;
      this.executor = new DialExecutor(dial.spec().scheduler(), this::broken);
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        executor.execute(this::requested);
      }
    }

    @Override
    public void cancel() {
      executor.execute(this::stop);
    }

    private void requested() {
      if (state instanceof State.New) {
        executor.watchTimers();
        DialRound<P> round =
            new DialRound<>(dial, new AddressMemory(), executor, actual.currentContext(), this);
        state = new State.Dialing(round);
        round.start();
      }
    }

    private void end() {
      state = new State.Ended();
      executor.forgetTimers();
    }

    private void stop() {
      State last = state;
      end();
      if (last instanceof State.Dialing dialing) {
        dialing.round().cancel();
      }
    }

    @Override
    public void won(PeerConnection<P> connection) {
      end();
      actual.onNext(connection);
      actual.onComplete();
    }

    @Override
    public void failed(DialException failure) {
      end();
      Isolated.end(actual, failure);
    }

    /** Code of the application's threw where nothing else says what that means. */
    private void broken(Throwable thrown) {
      if (state instanceof State.Ended) {
        Callbacks.report("a dial", thrown);
      } else {
        Callbacks.reportFatal("a dial", thrown);
        stop();
        Isolated.end(actual, thrown);
      }
    }
  }
}
