package io.fluxwire.fleet.engine;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One run of one instance of a fleet. An instance that starts again under its name is another one,
 * so that what the earlier run held is not taken for its own.
 *
 * @param name for people, such as the name of a host or of a pod: 1 to 63 letters of ASCII, digits
 *     and hyphens
 * @param incarnation tells runs under the same name apart
 */
public record InstanceId(String name, long incarnation) implements Comparable<InstanceId> {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9-]{1,63}");
  private static final char SEPARATOR = '_';
  private static final int INCARNATION_DIGITS = 16;

  /**
   * Checks the name.
   *
   * @param name as above
   * @param incarnation as above
   * @throws IllegalArgumentException when the name has another form
   */
  public InstanceId {
    Objects.requireNonNull(name, "name");
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "not the name of an instance: '%s'; 1 to 63 letters of ASCII, digits and hyphens"
              .formatted(name));
    }
  }

  /**
   * The id of a new run.
   *
   * @param name as above
   * @return the id
   */
  public static InstanceId random(String name) {
    return new InstanceId(name, new SecureRandom().nextLong());
  }

  /**
   * Reads what {@link #toString} wrote.
   *
   * @param text the text
   * @return the id
   * @throws IllegalArgumentException when the text is not of that form
   */
  public static InstanceId parse(String text) {
    int separator = text.lastIndexOf(SEPARATOR);
    if (separator < 0 || text.length() - separator - 1 != INCARNATION_DIGITS) {
      throw new IllegalArgumentException(
          "not the id of an instance: expected its name, an underscore and 16 hex digits");
    }
    return new InstanceId(
        text.substring(0, separator),
        HexFormat.fromHexDigitsToLong(text, separator + 1, text.length()));
  }

  /** By name; two runs under one name by their incarnations, in which there is no time. */
  @Override
  public int compareTo(InstanceId other) {
    int byName = name.compareTo(other.name);
    return byName != 0 ? byName : Long.compare(incarnation, other.incarnation);
  }

  /** The name, an underscore, and 16 hex digits: characters that any engine takes in a key. */
  @Override
  public String toString() {
    return name + SEPARATOR + HexFormat.of().toHexDigits(incarnation);
  }
}
