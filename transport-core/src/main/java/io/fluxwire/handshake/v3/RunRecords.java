package io.fluxwire.handshake.v3;

import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.WireLog;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The records of one run: version 3's, and those of an upgrade after the switch. Knows under which
 * keys a refusal may still be told, if at all (protocol.md section 9.1). Thread-safe.
 */
final class RunRecords {

  private enum State {
    /** There are no keys yet. */
    NONE,
    /** Version 3's, which the peer reads. */
    VERSION_3,
    /** Version 3's, but the peer may have switched already. Nothing may be told. */
    SILENT,
    /** The upgrade's. */
    UPGRADED,
    /** Somebody else has them, or they are destroyed. */
    OVER
  }

  /** Both directions under one suite. */
  record Directions(RecordOpener opener, RecordSealer sealer) {

    void destroy() {
      opener.destroy();
      sealer.destroy();
    }
  }

  private final ByteDuplex duplex;
  private volatile WireLog log = WireLog.NONE;
  private State state = State.NONE;
  private @Nullable Directions current;

  /** The peer's first packet is here: what it has not switched by then, it does not switch. */
  private boolean heard;

  RunRecords(ByteDuplex duplex) {
    this.duplex = duplex;
  }

  void log(WireLog wire) {
    log = wire;
  }

  /** Begins with version 3's; makes nothing when the run is over. */
  synchronized void start(Supplier<Directions> version3) {
    if (state == State.NONE) {
      current = version3.get();
      state = State.VERSION_3;
    }
  }

  /** What opens the next record; null when the run is over. */
  synchronized @Nullable RecordOpener opener() {
    return current == null ? null : current.opener();
  }

  /**
   * Opens the peer's first record.
   *
   * @param record the record, whole
   * @return the payload in it; null when the run is over
   */
  synchronized byte @Nullable [] open(byte[] record) {
    Directions both = current;
    if (both == null) {
      return null;
    }
    ByteBuf payload = both.opener().next(Unpooled.wrappedBuffer(record));
    if (payload == null) {
      throw new IllegalStateException("a whole record has a payload");
    }
    try {
      return ByteBufUtil.getBytes(payload);
    } finally {
      payload.release();
      both.opener().idle();
    }
  }

  /** Sends a packet. */
  synchronized void say(byte[] payload) {
    Directions both = current;
    if (both != null) {
      write(payload, both);
    }
  }

  /** Sends a packet that offers an upgrade: whether the peer has switched is known by its first. */
  synchronized void offer(byte[] payload) {
    say(payload);
    if (state == State.VERSION_3 && !heard) {
      state = State.SILENT;
    }
  }

  /** Sends a packet that chooses an upgrade, and switches behind it. */
  synchronized void choose(byte[] payload, Supplier<Directions> upgraded) {
    switchTo(
        () -> {
          Directions next = upgraded.get();
          say(payload);
          return next;
        });
  }

  /**
   * The first packet of the side that dialled is here.
   *
   * @param upgrades whether it chooses an upgrade, soundly or not
   */
  synchronized void heard(boolean upgrades) {
    heard = true;
    if (state == State.VERSION_3 || state == State.SILENT) {
      state = upgrades ? State.SILENT : State.VERSION_3;
    }
  }

  /**
   * Replaces version 3's, which are destroyed. Computes under the lock, so that nobody wipes the
   * secrets meanwhile; makes nothing when the run is over.
   */
  synchronized void switchTo(Supplier<Directions> upgraded) {
    Directions before = current;
    if (before != null) {
      current = upgraded.get();
      state = State.UPGRADED;
      before.destroy();
      log.recordsChanged();
    }
  }

  private void write(byte[] payload, Directions both) {
    ByteBuf packet = duplex.allocator().heapBuffer(payload.length, payload.length);
    both.sealer().add(packet.writeBytes(payload));
    // A write that fails ends the connection, and with it whoever waits for the peer's answer.
    duplex.write(both.sealer().flush(), failure -> {});
  }

  /** Hands them over; null when the run is over. */
  synchronized @Nullable Directions take() {
    Directions both = current;
    current = null;
    state = State.OVER;
    return both;
  }

  /** Destroys them, but for what can tell the peer why; null if nothing can, or must not. */
  synchronized @Nullable RecordSealer release() {
    boolean mayTell = state != State.SILENT;
    Directions both = take();
    if (both == null) {
      return null;
    }
    both.opener().destroy();
    if (mayTell) {
      return both.sealer();
    }
    both.sealer().destroy();
    return null;
  }
}
