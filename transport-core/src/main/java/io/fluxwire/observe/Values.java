package io.fluxwire.observe;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How values of enums are written in tags, keys and logs. */
final class Values {

  private Values() {}

  static String of(@Nullable Enum<?> value) {
    return value == null ? "none" : value.name().toLowerCase(Locale.ROOT);
  }
}
