package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.observe.ChannelRecorder;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells of one channel: its meters, the log, and the application's observers, in this order. All
 * methods belong to the channel's loop.
 */
final class ChannelEvents {

  private final ChannelKey key;
  private final List<ChannelObserver> observers;
  private final ChannelRecorder meters;
  private final ChannelLog log;
  private ChannelState stored;

  /** Packets below this number were given to a connection of this process. */
  private long sent;

  /** The channel is open. */
  ChannelEvents(ChannelKey key, boolean dials, ChannelSpec spec, ChannelState state) {
    this.key = key;
    this.observers = spec.observers();
    this.meters = spec.observability().channel(dials, state.first(), state.next(), state.bytes());
    this.log = new ChannelLog(key, dials);
    this.stored = state;
    log.opened(state);
    tell(to -> to.onOpened(key, dials, state));
  }

  /** What happens for each packet or write makes nothing if nobody is told. */
  private boolean isObserved() {
    return !observers.isEmpty();
  }

  private void tell(Consumer<ChannelObserver> what) {
    for (ChannelObserver observer : observers) {
      Callbacks.run("an observer of channels", () -> what.accept(observer));
    }
  }

  void connected(long wanted) {
    long resent = stored.next() - wanted;
    meters.onConnected();
    log.connected(resent);
    tell(to -> to.onConnected(key, resent));
  }

  void disconnected(boolean superseded) {
    meters.onDisconnected(superseded);
    log.disconnected(superseded);
    tell(to -> to.onDisconnected(key, superseded));
  }

  void writing() {
    meters.onWriting();
  }

  void stored(ChannelState after) {
    ChannelState before = stored;
    stored = after;
    meters.onWritten(after.first(), after.next(), after.bytes());
    if (after.next() > before.next()) {
      log.packetsStored();
    }
    if (isObserved()) {
      tell(to -> to.onStored(key, before, after));
    }
  }

  void storeFull(ChannelStoreException failure) {
    meters.onStoreFull();
    log.storeFull(failure);
    tell(to -> to.onStoreFull(key, failure));
  }

  void delivered(int packets) {
    if (packets > 0) {
      meters.onDelivered(packets);
      if (isObserved()) {
        tell(to -> to.onDelivered(key, packets));
      }
    }
  }

  /** A connection was given the packets from a number on, up to another. */
  void sent(long from, long next) {
    long again = Math.min(next, sent) - from;
    sent = Math.max(sent, next);
    if (again > 0) {
      meters.onResent(again);
      if (isObserved()) {
        tell(to -> to.onResent(key, again));
      }
    }
  }

  void disagreed(ChannelException why) {
    log.disagreed(why);
    tell(to -> to.onDisagreement(key, why));
  }

  void ended(@Nullable PeerException why) {
    meters.onEnded(why == null ? Reason.CLOSED_LOCALLY : why.reason());
    log.ended(why);
    tell(to -> to.onEnded(key, why));
  }
}
