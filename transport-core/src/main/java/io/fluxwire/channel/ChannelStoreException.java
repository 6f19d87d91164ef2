package io.fluxwire.channel;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a {@link ChannelStore} could not do, and the way out. */
public final class ChannelStoreException extends IOException {

  private static final long serialVersionUID = 1L;

  /** What is the matter. */
  public enum Kind {
    /** Another process, instance or call has the channel open, or has taken it over since. */
    IN_USE,
    /** What is stored is damaged. */
    CORRUPT,
    /** What is stored is of another program, or of a version that this one does not know. */
    FOREIGN,
    /** There is no room: nothing was stored, and it is tried again. */
    FULL,
    /** It cannot be read or written. */
    FAILED
  }

  private final Kind kind;

  /**
   * A failure.
   *
   * @param kind what is the matter
   * @param message the cause and the way out, for people
   * @param cause what the engine says; null for none
   */
  public ChannelStoreException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /**
   * What is the matter.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }
}
