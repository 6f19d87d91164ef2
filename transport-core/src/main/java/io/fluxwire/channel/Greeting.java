package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.FailureText;
import io.fluxwire.record.ChannelFrame;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A connection that was accepted, until its peer has named a channel and that is open; from then on
 * what comes goes there. Calls of the link come one after the other.
 */
final class Greeting implements ChannelLink.Receiver {

  private final ChannelLink link;
  private final Function<ChannelFrame, ? extends Mono<? extends PeerChannel<?>>> channels;
  private final Disposable timeout;
  private volatile @Nullable ChannelConnection connection;

  /** The connection has ended, with this fault or in good order. */
  private volatile @Nullable Ended ended;

  private record Ended(@Nullable Throwable fault) {}

  /**
   * Waits for the peer.
   *
   * @param channels gives the open channel of a name
   */
  Greeting(
      ChannelLink link,
      Scheduler timers,
      Function<ChannelFrame, ? extends Mono<? extends PeerChannel<?>>> channels) {
    this.link = link;
    this.channels = channels;
    this.timeout =
        timers.schedule(this::timedOut, ChannelProtocol.GREETING_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void timedOut() {
    link.fail(
        new ChannelException(
            Reason.HANDSHAKE_TIMEOUT,
            "the peer did not name a channel within %d ms"
                .formatted(ChannelProtocol.GREETING_MILLIS)));
  }

  @Override
  public void onChannel(ChannelFrame frame) {
    timeout.dispose();
    channels
        .apply(frame)
        .subscribe(channel -> greet(channel.protocol(), frame), failure -> refuse(failure));
  }

  private void greet(ChannelProtocol<?> protocol, ChannelFrame frame) {
    protocol.execute(
        () -> {
          ChannelConnection next = protocol.accepted(link, frame);
          connection = next;
          Ended end = ended;
          if (next != null && end != null) {
            protocol.disconnected(next, end.fault());
          }
        });
  }

  private void refuse(Throwable failure) {
    link.fail(
        failure instanceof PeerException known
            ? known
            : new ChannelException(
                Reason.CHANNEL_STORE_FAILED,
                "the channel cannot be opened: " + FailureText.of(failure),
                failure));
  }

  @Override
  public void onAcknowledged(long next) {
    ChannelConnection to = connection;
    if (to == null) {
      early("an ACK");
    } else {
      to.onAcknowledged(next);
    }
  }

  @Override
  public void onPacket(ByteBuf payload) {
    ChannelConnection to = connection;
    if (to == null) {
      early("a packet");
    } else {
      to.onPacket(payload);
    }
  }

  private void early(String what) {
    link.fail(
        new ChannelException(
            Reason.CHANNEL_OUT_OF_PLACE,
            "the peer sent %s before this side had said how far it is".formatted(what)));
  }

  @Override
  public void onEnd(@Nullable Throwable fault) {
    timeout.dispose();
    ended = new Ended(fault);
    ChannelConnection to = connection;
    if (to != null) {
      to.onEnd(fault);
    }
  }
}
