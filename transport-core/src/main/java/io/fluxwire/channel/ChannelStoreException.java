package io.fluxwire.channel;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A failure of a {@link ChannelStore}. The message says what could not be done and how to solve
 * that.
 */
public final class ChannelStoreException extends IOException {

  private static final long serialVersionUID = 1L;

  /** The kind of failure. */
  public enum Kind {
    /**
     * Another process, instance or call has the channel open, or has taken it over in the meantime.
     */
    IN_USE,
    /** The stored data is damaged. */
    CORRUPT,
    /** The stored data is of another program, or of a version that this version does not know. */
    FOREIGN,
    /** There is no room: nothing was stored, and the channel tries again. */
    FULL,
    /** The store cannot be read or written. */
    FAILED
  }

  private final Kind kind;

  /**
   * A failure.
   *
   * @param kind the kind of failure
   * @param message the cause and the solution, for people
   * @param cause the error of the storage engine; null if there is none
   */
  public ChannelStoreException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /**
   * The kind of failure.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }
}
