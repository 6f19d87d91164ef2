package io.fluxwire.handshake.internal;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.WireLog;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import reactor.core.publisher.Mono;

/**
 * The handshake of a port for both dialects, told apart by the dialer's first byte (protocol.md
 * section 11): 02 and 03 begin a session key of version 3, and all else is BOLT 8's to judge, which
 * answers nothing that it cannot verify. Nothing is sent before. For acceptors.
 *
 * @param version3 what begins with a session key
 * @param bolt8 what begins with act one
 */
public record FirstByteHandshake(Handshake version3, Handshake bolt8) implements Handshake {

  @Override
  public Run over(
      ByteDuplex duplex, Role role, ReadLimits limits, Consumer<HandshakeStage> stages) {
    if (role != Role.ACCEPTOR) {
      throw new IllegalArgumentException("a side that dials speaks first, in one dialect");
    }
    return new FirstByteRun(duplex, handshake -> handshake.over(duplex, role, limits, stages));
  }

  @Override
  public WireLog wireLog(Logger log, String connection) {
    return new FirstByteLog(
        first -> (isVersion3(first) ? version3 : bolt8).wireLog(log, connection));
  }

  private static boolean isVersion3(int first) {
    return first == 2 || first == 3;
  }

  /** The log of whom the peer's first byte chooses: nothing passes before it. */
  private static final class FirstByteLog implements WireLog {

    private final IntFunction<WireLog> choice;
    private volatile @Nullable WireLog chosen;

    FirstByteLog(IntFunction<WireLog> choice) {
      this.choice = choice;
    }

    @Override
    public void in(ByteBuf bytes, int known) {
      if (chosen == null && bytes.isReadable()) {
        chosen = choice.apply(bytes.getUnsignedByte(bytes.readerIndex()));
      }
      chosen().in(bytes, known);
    }

    @Override
    public void out(ByteBuf bytes) {
      chosen().out(bytes);
    }

    @Override
    public void recordsChanged() {
      chosen().recordsChanged();
    }

    private WireLog chosen() {
      WireLog log = chosen;
      return log == null ? NONE : log;
    }
  }

  private final class FirstByteRun implements Run {

    private static final int NONE = -1;

    private final ByteDuplex duplex;
    private final Function<Handshake, Run> start;

    /** The first byte; on the connection's scheduler. */
    private int first = NONE;

    /** Null until the first byte is here. */
    private @Nullable Run chosen;

    private volatile WireLog log = WireLog.NONE;
    private boolean over;

    FirstByteRun(ByteDuplex duplex, Function<Handshake, Run> start) {
      this.duplex = duplex;
      this.start = start;
    }

    @Override
    public void wireLog(WireLog shown) {
      log = shown;
    }

    @Override
    public Mono<Secured> secure() {
      return new MonoPrefix(duplex, 1, (prefix, filled, last) -> look(prefix[0]))
          .subscribeOn(duplex.scheduler())
          .then(Mono.defer(this::choose));
    }

    /** Leaves all bytes to whoever is chosen. */
    private int look(byte seen) {
      first = seen & 0xff;
      return MonoPrefix.Extent.LEAVE;
    }

    private static Mono<Secured> closed() {
      return Mono.error(
          new ConnectionClosedException(
              Reason.CLOSED_BY_PEER, "the peer closed the connection before it said anything"));
    }

    private Mono<Secured> choose() {
      if (first == NONE) {
        return closed();
      }
      Run run = begin(start.apply(isVersion3(first) ? version3 : bolt8));
      // When this is over, nobody waits for anything.
      return run == null ? Mono.never() : run.secure();
    }

    private synchronized @Nullable Run begin(Run run) {
      if (over) {
        return null;
      }
      run.wireLog(log);
      chosen = run;
      return run;
    }

    private synchronized @Nullable Run chosen() {
      return chosen;
    }

    @Override
    public String awaited() {
      Run run = chosen();
      return run == null ? "the peer's first byte" : run.awaited();
    }

    @Override
    public @Nullable RecordSealer release() {
      Run run;
      synchronized (this) {
        over = true;
        run = chosen;
      }
      return run == null ? null : run.release();
    }
  }
}
