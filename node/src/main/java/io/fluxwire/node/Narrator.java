package io.fluxwire.node;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/**
 * Tells what happens: a person in words, or a program in JSON, of which each line of standard
 * output is one object, with all that words say on standard output and on standard error.
 */
final class Narrator {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .build();

  private final Output out;
  private final Output words;
  private final Output asides;
  private final boolean json;

  private Narrator(Output out, Output words, Output asides, boolean json) {
    this.out = out;
    this.words = words;
    this.asides = asides;
    this.json = json;
  }

  /** Tells a person; what is not the command's result, by {@link #aside}, elsewhere. */
  static Narrator inWords(Output words, Output asides) {
    return new Narrator(words, words, asides, false);
  }

  /** Tells a program. */
  static Narrator inJson(Output out) {
    out.sayWhatIsLeftOut(count -> json(new Event.LeftOut(count)));
    return new Narrator(out, out, out, true);
  }

  boolean isJson() {
    return json;
  }

  /** Never waits for whoever reads. */
  void tell(Event event) {
    tell(event, words);
  }

  /** As {@link #tell}, of what a person does not look for in the command's output. */
  void aside(Event event) {
    tell(event, asides);
  }

  private void tell(Event event, Output person) {
    if (json) {
      out.tell(json(event));
    } else {
      person.tell(event.forPerson());
    }
  }

  /** Waits for whoever reads: for the command's own thread. */
  void say(Event event) {
    if (json) {
      out.copy(json(event).getBytes(StandardCharsets.UTF_8));
    } else {
      words.say(event.forPerson());
    }
  }

  static String json(Event event) {
    ObjectNode line = MAPPER.createObjectNode().put("event", event.name());
    line.setAll((ObjectNode) MAPPER.valueToTree(event));
    return line.toString();
  }
}
