package io.fluxwire.spring;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The last things that happened, and no more of them than a person would read. Thread-safe.
 *
 * @param <T> what happened
 */
final class Recent<T> {

  static final int KEPT = 64;

  private final Deque<T> latestFirst = new ArrayDeque<>();

  synchronized void add(T one) {
    if (latestFirst.size() == KEPT) {
      latestFirst.removeLast();
    }
    latestFirst.addFirst(one);
  }

  synchronized List<T> list() {
    return List.copyOf(latestFirst);
  }
}
