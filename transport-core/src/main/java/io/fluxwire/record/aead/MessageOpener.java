package io.fluxwire.record.aead;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.Reason;
import io.fluxwire.record.RecordOpener;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** The state of one receiving direction of BOLT 8: each record's body is a payload. */
final class MessageOpener implements RecordOpener {

  private final SealedRecords records;

  MessageOpener(SealedRecords records) {
    this.records = records;
  }

  @Override
  public @Nullable ByteBuf next(ByteBuf in) {
    return records.open(in) ? records.body().retainedDuplicate() : null;
  }

  @Override
  public boolean hasNext() {
    return false;
  }

  @Override
  public int announced() {
    return records.announced();
  }

  @Override
  public boolean isInsideRecord() {
    return records.isInside();
  }

  @Override
  public void inputEnded() {
    if (isInsideRecord()) {
      throw new ConnectionClosedException(
          Reason.FRAME_TRUNCATED, "the connection was lost: the stream ended inside a message");
    }
  }

  @Override
  public Reason endReason() {
    return Reason.CLOSED_UNAUTHENTICATED;
  }

  @Override
  public void idle() {
    records.releaseBody();
    records.idle();
  }

  @Override
  public void trim(int payload) {
    if (records.hasBodyOver(payload)) {
      records.releaseBody();
    }
    records.trim(payload);
  }

  @Override
  public void destroy() {
    records.destroy();
  }
}
