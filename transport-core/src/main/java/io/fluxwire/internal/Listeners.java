package io.fluxwire.internal;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The application's callbacks for one kind of event. All are told of each event, whatever one of
 * them throws. Immutable.
 *
 * @param <T> the event
 */
public final class Listeners<T> {

  private final String what;
  private final List<Consumer<? super T>> all;

  private Listeners(String what, List<Consumer<? super T>> all) {
    this.what = what;
    this.all = all;
  }

  /**
   * Nobody yet.
   *
   * @param what names one of them in the log, as "a listener of dials"
   * @param <T> the event
   * @return the listeners
   */
  public static <T> Listeners<T> none(String what) {
    return new Listeners<>(what, List.of());
  }

  /**
   * One more, who is told after those before it.
   *
   * @param listener may throw anything, which is logged
   * @return a copy
   */
  public Listeners<T> plus(Consumer<? super T> listener) {
    Objects.requireNonNull(listener, "listener");
    Stream<Consumer<? super T>> more = Stream.of(listener);
    return new Listeners<>(what, Stream.concat(all.stream(), more).toList());
  }

  /**
   * Whether there is nobody to tell.
   *
   * @return whether an event would be lost
   */
  public boolean isEmpty() {
    return all.isEmpty();
  }

  /**
   * Tells all of them, in the order in which they came. Never throws.
   *
   * @param event what happened
   */
  public void tell(T event) {
    for (Consumer<? super T> listener : all) {
      Callbacks.run(what, () -> listener.accept(event));
    }
  }
}
