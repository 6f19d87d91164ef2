package io.fluxwire.spring;

import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Gives a builder the values of properties, and tells of a bad one by the property's name.
 *
 * @param prefix what the names begin with
 * @param built the builder so far
 * @param <T> the builder, whose setters return copies
 */
record Settings<T>(String prefix, T built) {

  /**
   * Sets the value of a property.
   *
   * @param property its name, after the prefix
   * @param value its value
   * @param setter says by {@link IllegalArgumentException} what is wrong with the value
   */
  <V> Settings<T> set(
      String property, V value, BiFunction<? super T, ? super V, ? extends T> setter) {
    return new Settings<>(
        prefix, read(prefix + property, value, given -> setter.apply(built, given)));
  }

  /**
   * Reads the value of a property.
   *
   * @param property its whole name
   * @param value its value
   * @param reader says by {@link IllegalArgumentException} what is wrong with the value
   */
  static <V, R> R read(String property, V value, Function<? super V, ? extends R> reader) {
    return read(
        property, value, reader, "Correct " + property + ", or remove it to have the default.");
  }

  /**
   * As {@link #read(String, Object, Function)}, of a property that has no default.
   *
   * @param wayOut what to do about a bad value, in a sentence
   */
  static <V, R> R read(
      String property, V value, Function<? super V, ? extends R> reader, String wayOut) {
    try {
      return reader.apply(value);
    } catch (IllegalArgumentException e) {
      throw new FluxwireConfigurationException(property, String.valueOf(e.getMessage()), wayOut, e);
    }
  }
}
