package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * What a script returned: a word that says how it went, and what belongs to it.
 *
 * @param parts texts and bytes, the word first
 */
record Answer(List<byte[]> parts) {

  static final String OK = "OK";

  /** Of what Lettuce made of it. A field that is missing is empty here. */
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
