package io.fluxwire.fleet.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What instances tell each other through an engine that carries bytes: a line of words, of which
 * the first one says what it is, and then either a message or further lines. What is not of this
 * form throws {@link IllegalArgumentException}, where it is read.
 *
 * @param words the first line
 * @param rest what follows it
 */
public record Notice(List<String> words, byte[] rest) {

  /** Rows that an instance holds. */
  public static final String HELD = "held";

  /** Rows that an instance holds no more. */
  public static final String RELEASED = "released";

  /** Rules that were set. */
  public static final String RULES = "rules";

  /** A message of an instance. */
  public static final String MESSAGE = "message";

  /**
   * Finds the end of the first line.
   *
   * @param bytes what was received
   * @return the notice
   */
  public static Notice of(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    return new Notice(
        List.of(new String(bytes, 0, end, UTF_8).split(" ")),
        Arrays.copyOfRange(bytes, Math.min(end + 1, bytes.length), bytes.length));
  }

  /**
   * Rows of an instance.
   *
   * @param word what they are
   * @param instance the instance
   * @param rows its rows
   * @return the bytes
   */
  public static byte[] rows(String word, InstanceId instance, Collection<Holding> rows) {
    StringBuilder text = new StringBuilder(word).append(' ').append(instance);
    rows.forEach(row -> text.append('\n').append(EngineText.row(row.peer(), row.epoch())));
    return text.toString().getBytes(UTF_8);
  }

  /**
   * Rules.
   *
   * @param rules the rules, whose targets are one line each
   * @return the bytes
   */
  public static byte[] rules(Collection<AccessRule> rules) {
    StringBuilder text = new StringBuilder(RULES);
    rules.forEach(
        rule -> text.append('\n').append(EngineText.order(rule)).append(' ').append(rule.target()));
    return text.toString().getBytes(UTF_8);
  }

  /**
   * A message.
   *
   * @param from who sends it
   * @param message the message
   * @return the bytes
   */
  public static byte[] message(InstanceId from, byte[] message) {
    byte[] line = (MESSAGE + " " + from + "\n").getBytes(UTF_8);
    byte[] all = Arrays.copyOf(line, line.length + message.length);
    System.arraycopy(message, 0, all, line.length, message.length);
    return all;
  }

  /**
   * One of the words.
   *
   * @param at its place, from 0 on
   * @return the word
   */
  public String word(int at) {
    if (at >= words.size()) {
      throw new IllegalArgumentException("a word is missing");
    }
    return words.get(at);
  }

  /**
   * The instance that is the second word.
   *
   * @return the instance
   */
  public InstanceId instance() {
    return InstanceId.parse(word(1));
  }

  /**
   * The instances that are words.
   *
   * @param from the place of the first one
   * @return the instances
   */
  public Set<InstanceId> instances(int from) {
    Set<InstanceId> all = new LinkedHashSet<>();
    for (int i = from; i < words.size(); i++) {
      all.add(InstanceId.parse(words.get(i)));
    }
    return all;
  }

  /**
   * The rows of {@link #HELD} and {@link #RELEASED}.
   *
   * @return the rows
   */
  public List<Holding> rows() {
    InstanceId instance = instance();
    List<Holding> all = new ArrayList<>();
    lines().forEach(line -> all.add(EngineText.row(instance, line)));
    return all;
  }

  /**
   * The rules of {@link #RULES}.
   *
   * @return the rules
   */
  public List<AccessRule> rules() {
    List<AccessRule> all = new ArrayList<>();
    for (String line : lines()) {
      int space = Math.max(0, line.indexOf(' '));
      all.add(EngineText.rule(line.substring(space + 1), line.substring(0, space)));
    }
    return all;
  }

  private List<String> lines() {
    return new String(rest, UTF_8).lines().toList();
  }

  /**
   * Tells a listener, if this is of one of the kinds above.
   *
   * @param listener is told
   */
  public void tell(EngineListener listener) {
    switch (word(0)) {
      case HELD -> rows().forEach(listener::held);
      case RELEASED -> rows().forEach(listener::released);
      case RULES -> rules().forEach(listener::rule);
      case MESSAGE -> listener.message(instance(), rest);
      default -> throw new IllegalArgumentException("an unknown word");
    }
  }
}
