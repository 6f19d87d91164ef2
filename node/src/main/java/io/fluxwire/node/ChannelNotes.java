package io.fluxwire.node;

import io.fluxwire.CloseReason;
import io.fluxwire.Reason;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** What a person is told of a channel. */
final class ChannelNotes implements ChannelObserver, SessionListener {

  /** A full store is tried again each second, and said once a minute. */
  private static final int FULL_ONCE_IN = 60;

  private final Consumer<String> tell;
  private final Redialling redialling;
  private final AtomicLong foundFull = new AtomicLong();
  private String lastEnd = "";

  ChannelNotes(Consumer<String> tell) {
    this.tell = tell;
    this.redialling = new Redialling(event -> tell.accept(event.forPerson()), () -> false);
  }

  /** What happens to the dials, for a node that dials. */
  void heard(DialEvent event) {
    redialling.heard(event);
  }

  /** What whoever feeds it has to know, to go on from there. */
  void opened(String name, ChannelState state) {
    tell.accept(
        "channel %s: lines stored so far %d, not with the peer yet %d"
            .formatted(name, state.next(), ChannelLines.left(state)));
  }

  /** The input has ended, and its end may be far from the command's. */
  void inputEnded(ChannelState state) {
    tell.accept(
        "input has ended; waiting for the peer to take what is left, lines %d"
            .formatted(ChannelLines.left(state)));
  }

  /** The end of a command that has been told to stop. */
  void stopped(ChannelState state) {
    long left = ChannelLines.left(state);
    if (left > 0) {
      tell.accept(
          "stopped: lines stored and not with the peer yet %d; the next start goes on with them"
              .formatted(left));
    }
  }

  @Override
  public synchronized void onConnected(ChannelKey key, long resent) {
    lastEnd = "";
    redialling.connected();
    tell.accept("channel %s is connected; lines to send %d".formatted(key.name(), resent));
  }

  @Override
  public void onDisconnected(ChannelKey key, boolean superseded) {
    redialling.disconnected();
  }

  @Override
  public void onStoreFull(ChannelKey key, ChannelStoreException failure) {
    if (foundFull.getAndIncrement() % FULL_ONCE_IN == 0) {
      tell.accept(
          String.format(
              Locale.ROOT, "channel %s waits: %s", key.name(), Failures.describe(failure)));
    }
  }

  /** A peer that refuses the channel does so each time that it is dialled. */
  @Override
  public synchronized void onClosed(SessionInfo session, CloseReason reason) {
    String end = "connection " + reason;
    if (reason.reason() != Reason.CLOSED_LOCALLY && !end.equals(lastEnd)) {
      lastEnd = end;
      tell.accept(end);
    }
  }
}
