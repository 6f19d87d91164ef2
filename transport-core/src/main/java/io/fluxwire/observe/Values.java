package io.fluxwire.observe;

import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How values of enums are written in tags, keys and logs. */
final class Values {

  private static final String NONE = "none";

  private Values() {}

  static String of(@Nullable Enum<?> value) {
    if (value == null) {
      return NONE;
    }
    // Ciphers have names of their own, by which people look for them.
    String name = value instanceof Aead cipher ? cipher.toString() : value.name();
    return name.toLowerCase(Locale.ROOT);
  }

  /** What an established session negotiated. */
  static SessionParameters negotiated(SessionInfo session) {
    return Objects.requireNonNullElse(session.session(), SessionParameters.V3);
  }

  static List<String> ofAll(Enum<?>[] values) {
    return Arrays.stream(values).map(Values::of).toList();
  }

  /** As {@link #ofAll}, where there may be no value. */
  static List<String> orNone(Enum<?>[] values) {
    return Stream.concat(Stream.of(NONE), Arrays.stream(values).map(Values::of)).toList();
  }
}
