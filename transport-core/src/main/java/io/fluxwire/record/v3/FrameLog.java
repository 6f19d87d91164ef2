package io.fluxwire.record.v3;

import io.fluxwire.internal.Callbacks;
import io.fluxwire.record.WireLog;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.slf4j.Logger;

/** Logs the headers and sizes of version 3's frames. It has no keys, and looks at no payload. */
final class FrameLog implements WireLog {

  private static final int SHOWN_OF_HMAC = 8;
  private static final int HMAC = 32;
  private static final int BLOCK = 16;

  private final Way in;
  private final Way out;

  FrameLog(Logger log, String id, int sessionKey) {
    in = new Way(log, id, "in", sessionKey);
    out = new Way(log, id, "out", sessionKey);
  }

  @Override
  public void in(ByteBuf bytes, int known) {
    in.passed(bytes, known);
  }

  @Override
  public void out(ByteBuf bytes) {
    out.passed(bytes, 0);
  }

  @Override
  public void recordsChanged() {
    in.sizesOnly = true;
    out.sizesOnly = true;
  }

  /** The log's appenders are the application's, and what goes over the wire goes on. */
  private static void log(Runnable logging) {
    Callbacks.run("the log of the wire", logging);
  }

  /** Finds the headers of one direction, however its bytes are split into buffers. */
  private static final class Way {

    private final Logger log;
    private final String id;
    private final String way;
    private final int sessionKey;
    private final ByteBuf header = Unpooled.buffer(Frames.HEADER_SIZE, Frames.HEADER_SIZE);

    /** How many bytes of the session key or of a payload are still to be skipped. */
    private long skip;

    private long frames;
    private long total;
    private boolean lost;

    /** Set by a thread of the handshake's. */
    private volatile boolean sizesOnly;

    Way(Logger log, String id, String way, int sessionKey) {
      this.log = log;
      this.id = id;
      this.way = way;
      this.sessionKey = sessionKey;
      this.skip = sessionKey;
    }

    void passed(ByteBuf bytes, int known) {
      int index = bytes.readerIndex() + known;
      int end = bytes.writerIndex();
      if (sizesOnly) {
        if (index < end) {
          log(() -> log.trace("[{}] {}: {} bytes of records", id, way, end - index));
        }
        return;
      }
      passed(bytes, index, end);
    }

    private void passed(ByteBuf bytes, int start, int end) {
      int index = start;
      while (index < end && !lost) {
        int skipped = (int) Math.min(skip, end - index);
        skip -= skipped;
        index += skipped;
        if (skip == 0 && skipped > 0 && frames == 0) {
          log(() -> log.trace("[{}] {}: session key, {} bytes", id, way, sessionKey));
        }
        int part = Math.min(header.writableBytes(), end - index);
        header.writeBytes(bytes, index, part);
        index += part;
        if (!header.isWritable()) {
          frame();
        }
      }
    }

    private void frame() {
      long sum = header.getLongLE(HMAC);
      long payload = sum - total;
      lost = payload < 0 || payload > Frames.MAX_PAYLOAD;
      if (lost) {
        // No frame, or records of another kind that nobody has told this of yet.
        log(() -> log.trace("[{}] {}: what follows is no frame", id, way));
        return;
      }
      total = sum;
      frames++;
      log(
          () ->
              log.trace(
                  "[{}] {}: frame {}, hmac {}…, totlen {}, payload {} bytes",
                  id,
                  way,
                  frames,
                  ByteBufUtil.hexDump(header, 0, SHOWN_OF_HMAC),
                  sum,
                  payload));
      header.clear();
      skip = (payload + BLOCK - 1) / BLOCK * BLOCK;
    }
  }
}
