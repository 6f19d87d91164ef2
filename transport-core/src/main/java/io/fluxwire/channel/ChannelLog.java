package io.fluxwire.channel;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.PrintableText;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the life of one channel to the log. */
final class ChannelLog {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.channels");

  private static final int MAX_TEXT = 1024;

  /** The peer may have chosen it. */
  private final String name;

  private final NodeId peer;
  private final String role;

  /** Whether it is said already that there is no room: that is seen every second. */
  private boolean full;

  ChannelLog(ChannelKey key, boolean dials) {
    this.name = PrintableText.of(key.name());
    this.peer = dials ? key.acceptor() : key.dialer();
    this.role = dials ? "dialer" : "acceptor";
  }

  /** The log's appenders and filters are the application's. */
  private static void log(Runnable logging) {
    Callbacks.run("the log of channels", logging);
  }

  private static String text(Throwable failure) {
    return PrintableText.of(String.valueOf(failure.getMessage()), MAX_TEXT);
  }

  void opened(ChannelState state) {
    log(
        () ->
            LOG.debug(
                "[{}] open: with node {}, {}, keeps {} packets ({} bytes), wants {}",
                name,
                peer,
                role,
                state.next() - state.first(),
                state.bytes(),
                state.received()));
  }

  void connected(long toSend) {
    log(
        () ->
            LOG.info(
                "[{}] connected: with node {}, {}, {} stored packets to send",
                name,
                peer,
                role,
                toSend));
  }

  void disconnected(boolean superseded) {
    log(
        () ->
            LOG.info(
                superseded
                    ? "[{}] taken over by a later connection: with node {}"
                    : "[{}] disconnected: from node {}",
                name,
                peer));
  }

  void disagreed(PeerException why) {
    log(() -> LOG.info("[{}] no agreement with node {}: {}", name, peer, text(why)));
  }

  void storeFull(ChannelStoreException failure) {
    if (!full) {
      full = true;
      log(
          () ->
              LOG.info(
                  "[{}] the store is full, senders wait: with node {}: {}",
                  name,
                  peer,
                  text(failure)));
    }
  }

  void packetsStored() {
    if (full) {
      full = false;
      log(() -> LOG.info("[{}] the store has room again: with node {}", name, peer));
    }
  }

  void ended(@Nullable PeerException why) {
    log(
        () ->
            LOG.info(
                "[{}] ended: with node {}: {}",
                name,
                peer,
                why == null ? "closed by this side" : why.reason() + ", " + text(why)));
  }
}
