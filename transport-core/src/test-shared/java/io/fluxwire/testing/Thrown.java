package io.fluxwire.testing;

import java.io.IOException;
import java.util.stream.Stream;

/** What an application's code may throw: anything, whatever it declares. */
public final class Thrown {

  private Thrown() {}

  /** One of each kind that the libraries beneath treat differently. */
  public static Stream<Throwable> kinds() {
    return Stream.of(
        new IllegalStateException("of a test"),
        new IOException("of a test, undeclared"),
        new AssertionError("of a test"),
        new NoClassDefFoundError("of a test"),
        new StackOverflowError("of a test"));
  }

  /** Throws it, as code in other languages does. */
  @SuppressWarnings({"TypeParameterUnusedInFormals", "DoNotCallSuggester"}) // for any lambda
  public static <R> R raise(Throwable thrown) {
    throw Thrown.<RuntimeException>sneak(thrown);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // so that nothing is declared
  private static <T extends Throwable> T sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
