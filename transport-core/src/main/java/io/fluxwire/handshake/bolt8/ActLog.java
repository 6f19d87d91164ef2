package io.fluxwire.handshake.bolt8;

import io.fluxwire.internal.Callbacks;
import io.fluxwire.record.WireLog;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Logs that an act has passed, and the sizes of what is behind the acts, of which all else is
 * sealed: even how long a message is.
 */
final class ActLog implements WireLog {

  private final Logger log;
  private final String id;
  private final Way in = new Way("in");
  private final Way out = new Way("out");

  /** The way in which act one goes, and act three; null until a byte has passed. */
  private final AtomicReference<@Nullable Way> dialers = new AtomicReference<>();

  ActLog(Logger log, String id) {
    this.log = log;
    this.id = id;
  }

  @Override
  public void in(ByteBuf bytes, int known) {
    in.passed(bytes.readableBytes() - known);
  }

  @Override
  public void out(ByteBuf bytes) {
    out.passed(bytes.readableBytes());
  }

  /** Finds the acts of one direction, however their bytes are split into buffers. */
  private final class Way {

    private final String way;

    /** The act that is passing; null before the first and behind the last one. */
    private @Nullable Act act;

    private boolean begun;

    /** How many bytes of the act are still to come. */
    private int missing;

    Way(String way) {
      this.way = way;
    }

    void passed(int bytes) {
      if (bytes > 0 && !begun) {
        begun = true;
        begin(dialers.compareAndSet(null, this) ? Act.ONE : Act.TWO);
      }
      int left = bytes;
      for (Act passing = act; passing != null && left > 0; passing = act) {
        int part = Math.min(missing, left);
        left -= part;
        missing -= part;
        if (missing == 0) {
          passed(passing);
        }
      }
      if (left > 0) {
        int records = left;
        say(() -> log.trace("[{}] {}: {} bytes of records", id, way, records));
      }
    }

    private void passed(Act whole) {
      say(() -> log.trace("[{}] {}: {}, {} bytes", id, way, whole, whole.size()));
      if (whole == Act.ONE) {
        begin(Act.THREE);
      } else {
        act = null;
      }
    }

    private void begin(Act next) {
      act = next;
      missing = next.size();
    }

    /** The log's appenders are the application's, and what goes over the wire goes on. */
    private void say(Runnable logging) {
      Callbacks.run("the log of the wire", logging);
    }
  }
}
