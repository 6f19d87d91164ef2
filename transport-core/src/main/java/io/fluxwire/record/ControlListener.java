package io.fluxwire.record;

/**
 * Is told of what a peer's records say beside payloads. Called by {@link RecordOpener#next}, on the
 * thread that uses the opener.
 */
public interface ControlListener extends ChannelListener {

  /** Ignores everything: no ping is answered. */
  ControlListener NONE = new ControlListener() {};

  /** A record was opened, whatever is in it: the peer is alive. */
  default void onRecord() {}

  /**
   * The peer asks for an answer.
   *
   * @param value what the answer has to repeat
   * @return whether to go on. If not, the opener returns null at once and keeps what follows until
   *     {@link RecordOpener#next} is called again; {@link Records#open} calls it when its {@link
   *     ReadLimits#gate} allows reading
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
