package io.fluxwire.fleet.jgroups;

import io.fluxwire.fleet.engine.InstanceId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a member knows of another one. Changed under the lock of {@link Members}; the rows are read
 * by any thread.
 */
final class Peer {

  private final Feed feed;
  private final Rows rows = new Rows();

  private State state = State.UNKNOWN;

  /** The rows of a telling that has begun and not ended; null at other times. */
  private @Nullable Rows told;

  private @Nullable InstanceId instance;
  private boolean heardOf;

  /** How far it has told what it has. */
  enum State {
    /** It has not said who it is. */
    UNKNOWN,
    /** It tells all it has. */
    TELLING,
    /** All is known that it has told. */
    KNOWN
  }

  Peer(Feed feed) {
    this.feed = feed;
  }

  Feed feed() {
    return feed;
  }

  Rows rows() {
    return rows;
  }

  State state() {
    return state;
  }

  @Nullable InstanceId instance() {
    return instance;
  }

  /** It begins to tell all it has. */
  void begin(InstanceId hello) {
    instance = hello;
    state = State.TELLING;
    told = new Rows();
  }

  /** Whether it is known that it holds the peer, by the same epoch: then nobody is told again. */
  boolean isKnown(Row row) {
    Row known = rows.find(row);
    return known != null && known.epoch() == row.epoch();
  }

  void held(Row row) {
    rows.put(row);
    if (told != null) {
      told.put(row);
    }
  }

  /**
   * Does nothing when the row has another epoch.
   *
   * @return whether there was such a row
   */
  boolean released(Row row) {
    if (told != null) {
      told.remove(row);
    }
    return rows.remove(row);
  }

  /**
   * It has told all it has.
   *
   * @return the rows of before that it has not any more, which are removed
   */
  List<Row> end() {
    state = State.KNOWN;
    Rows all = told;
    told = null;
    if (all == null) {
      return List.of();
    }
    List<Row> gone = rows.stream().filter(row -> all.find(row) == null).toList();
    gone.forEach(rows::remove);
    return gone;
  }

  /** Something has come from it. */
  void heard() {
    heardOf = true;
  }

  /**
   * Whether it has to be asked: it is not known, and nothing has come since this was last called.
   */
  boolean isSilent() {
    boolean silent = state != State.KNOWN && !heardOf;
    heardOf = false;
    return silent;
  }
}
