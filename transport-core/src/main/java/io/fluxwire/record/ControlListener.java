package io.fluxwire.record;

/**
 * Is told of what a peer's records say beside payloads. Called by {@link RecordOpener#next}, on the
 * thread that uses the opener.
 */
public interface ControlListener {

  /** Does nothing, and answers nothing. */
  ControlListener NONE = new ControlListener() {};

  /** A record was opened, whatever is in it: the peer is alive. */
  default void onRecord() {}

  /**
   * The peer asks for an answer.
   *
   * @param value what the answer has to repeat
   * @return whether to go on. If not, the opener gives no payload and looks at nothing more before
   *     {@link RecordOpener#next} is called again; {@link Records#open} does once its {@link
   *     ReadLimits#gate} lets it
   */
  default boolean onPing(long value) {
    return true;
  }

  /**
   * The peer answers.
   *
   * @param value what it repeats, which this side need not have asked
   */
  default void onPong(long value) {}
}
