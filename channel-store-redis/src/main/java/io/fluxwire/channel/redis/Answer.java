package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * The answer of a script: a word for its result, and further values.
 *
 * @param parts texts and bytes, the word first
 */
record Answer(List<byte[]> parts) {

  static final String OK = "OK";

  /** Converts Lettuce's representation. A missing field becomes empty. */
  static Answer of(List<?> reply) {
    return new Answer(
        reply.stream().map(part -> part == null ? new byte[0] : (byte[]) part).toList());
  }

  boolean isOk() {
    return OK.equals(word());
  }

  String word() {
    return text(0);
  }

  String text(int part) {
    return part < parts.size() ? new String(parts.get(part), UTF_8) : "";
  }

  long number(int part) {
    return Long.parseLong(text(part));
  }
}
