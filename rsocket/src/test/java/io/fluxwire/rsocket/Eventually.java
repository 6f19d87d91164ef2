package io.fluxwire.rsocket;

import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Waits for what another thread does. */
final class Eventually {

  private Eventually() {}

  /** Waits until there is a value. */
  static <T> T get(Supplier<@Nullable T> value) {
    return Objects.requireNonNull(
        Awaitility.await().atMost(Peers.PATIENCE).until(value::get, Objects::nonNull));
  }

  /** Waits until a value above zero is the same for five looks in a row. */
  static void still(LongSupplier value) {
    long[] last = {0, 0};
    Awaitility.await()
        .atMost(Peers.PATIENCE)
        .until(
            () -> {
              long now = value.getAsLong();
              last[1] = now > 0 && now == last[0] ? last[1] + 1 : 0;
              last[0] = now;
              return last[1] == 5;
            });
  }
}
