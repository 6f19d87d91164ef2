package io.fluxwire.channel;

import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/** Lets an acknowledgement wait for more, and not for long. All belongs to the channel's loop. */
final class AcknowledgementTimer {

  /** An acknowledgement waits at most so long for more: 500 ms. */
  static final long MILLIS = 500;

  private final Scheduler timers;
  private final ChannelLoop loop;
  private final Disposable.Swap running = Disposables.swap();
  private boolean waits;

  AcknowledgementTimer(Scheduler timers, ChannelLoop loop) {
    this.timers = timers;
    this.loop = loop;
  }

  /** Acknowledges what is stored, at once or later, with what comes until then. */
  void acknowledgeIfOwed(ChannelConnection to, StoreWriter writer, boolean nothingElse) {
    long received = writer.stored().received();
    if (!to.owes(received)) {
      return;
    }
    if (to.owesNow(received, nothingElse)) {
      to.acknowledge(received);
    } else if (!waits) {
      waits = true;
      Runnable task = () -> loop.execute(() -> late(to, writer));
      running.update(timers.schedule(task, MILLIS, TimeUnit.MILLISECONDS));
    }
  }

  private void late(ChannelConnection to, StoreWriter writer) {
    long received = writer.stored().received();
    waits = false;
    if (to.phase() == ChannelConnection.Phase.AGREED && to.owes(received)) {
      to.acknowledge(received);
    }
  }

  /** The connection has ended. */
  void stop() {
    waits = false;
    running.update(Disposables.disposed());
  }
}
