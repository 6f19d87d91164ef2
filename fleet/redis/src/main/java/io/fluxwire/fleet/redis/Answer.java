package io.fluxwire.fleet.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * The answer of a script: a word for its result, and further values.
 *
 * @param word the result
 * @param values what the script says about itself
 */
record Answer(String word, List<String> values) {

  static final String OK = "OK";

  /** The instance's keys were lost, or it has begun anew since. */
  static final String GONE = "GONE";

  /** Another one has joined under this id. */
  static final String TAKEN = "TAKEN";

  /** The receiver of a message is no member, or does not listen. */
  static final String NOBODY = "NOBODY";

  /** Converts Lettuce's representation. */
  static Answer of(List<?> reply) {
    List<String> all = reply.stream().map(part -> new String((byte[]) part, UTF_8)).toList();
    return new Answer(all.get(0), all.subList(1, all.size()));
  }
}
