package io.fluxwire.spring;

import org.jspecify.annotations.Nullable;

/** A property, or a bean, that a node cannot be started with. */
final class FluxwireConfigurationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String wayOut;

  /**
   * Something that is wrong or missing.
   *
   * @param what the whole name of the property
   * @param problem what is wrong with it
   * @param wayOut what to do, in a sentence
   */
  FluxwireConfigurationException(
      String what, String problem, String wayOut, @Nullable Throwable cause) {
    super(what + ": " + problem, cause);
    this.wayOut = wayOut;
  }

  String wayOut() {
    return wayOut;
  }
}
