package io.fluxwire.rsocket;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.rsocket.DuplexConnection;
import io.rsocket.RSocketErrorException;
import io.rsocket.exceptions.RejectedResumeException;
import io.rsocket.exceptions.UnsupportedSetupException;
import io.rsocket.frame.ErrorFrameCodec;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import io.rsocket.frame.SetupFrameCodec;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Adapts a connection to RSocket's {@code DuplexConnection}. */
final class PeerDuplexConnection implements DuplexConnection, FrameWriter.Events {

  private static final String NO_RESUME =
      "RSocket's resume is not supported over Fluxwire: packets that have to survive a connection "
          + "go through a channel (docs/channels.md)";

  private final PeerConnection<ByteBuf> peer;
  private final ByteBufAllocator allocator;
  private final PeerStreams streams;
  private final StreamCredits credits;
  private final FrameWriter writer;
  private final FrameReader reader;

  /** The error that ended the connection, if it was detected here and not by the session. */
  private final AtomicReference<@Nullable PeerException> fault = new AtomicReference<>();

  PeerDuplexConnection(PeerConnection<ByteBuf> peer, Link link, PeerStreams.Side side) {
    this.peer = peer;
    this.allocator = link.allocator();
    this.streams = new PeerStreams(side);
    this.credits = new StreamCredits(link.window());
    this.writer = new FrameWriter(peer, allocator, link.sendBudget(), this);
    this.reader =
        new FrameReader(
            peer.receive(), allocator, credits, writer, side, this::isAccepted, this::frameFailed);
    peer.onDispose().subscribe(null, null, writer::close);
  }

  /** The error of {@link #receive()} after an end in good order, as RSocket expects it. */
  static Throwable closed() {
    return new ClosedChannelException();
  }

  /** The peer's node id, proven by its signature. */
  NodeId remoteId() {
    return peer.remoteId();
  }

  @Override
  public void sendFrame(int streamId, ByteBuf frame) {
    if (streamId == 0) {
      writer.write(frame, true);
      return;
    }
    streams.sending(streamId, frame);
    credits.sending(streamId, frame);
    writer.write(frame, false);
    reader.sending();
  }

  @Override
  public void sendErrorAndClose(RSocketErrorException error) {
    reader.refused();
    writer.finish(ErrorFrameCodec.encode(allocator, 0, error));
  }

  @Override
  public Flux<ByteBuf> receive() {
    return reader;
  }

  private static boolean wantsResume(ByteBuf frame) {
    FrameType type = FrameHeaderCodec.nativeFrameType(frame);
    return type == FrameType.RESUME
        || (type == FrameType.SETUP && SetupFrameCodec.resumeEnabled(frame));
  }

  /**
   * Refuses RSocket's resume: its token does not prove who resumes, and nothing here binds a token
   * to a node.
   */
  private boolean isAccepted(ByteBuf frame) {
    if (FrameHeaderCodec.streamId(frame) != 0) {
      streams.received(frame);
      return true;
    }
    if (!wantsResume(frame)) {
      return true;
    }
    sendErrorAndClose(
        FrameHeaderCodec.nativeFrameType(frame) == FrameType.RESUME
            ? new RejectedResumeException(NO_RESUME)
            : new UnsupportedSetupException(NO_RESUME));
    return false;
  }

  private void frameFailed(Throwable thrown) {
    failed(
        thrown instanceof PeerException known
            ? known
            : new ConnectionClosedException(
                Reason.APPLICATION_ERROR,
                "RSocket failed on a frame: " + thrown.getClass().getName(),
                thrown));
  }

  @Override
  public void written() {
    reader.written();
  }

  @Override
  public void finished() {
    dispose();
  }

  /** Ends the connection, unless it is ending already. */
  @Override
  public void failed(PeerException seen) {
    boolean isFirst = !peer.isDisposed() && fault.compareAndSet(null, seen);
    if (isFirst) {
      // Set first, since RSocket closes the connection when it is told.
      endWith(seen);
    }
    writer.close();
    reader.stop(isFirst ? seen : closed());
  }

  /** Tells the peer, unless the peer reads nothing. */
  private void endWith(PeerException seen) {
    if (seen.reason() == Reason.WRITE_STALLED) {
      peer.dispose();
    } else {
      peer.closeWithError(String.valueOf(seen.getMessage())).subscribe();
    }
  }

  @Override
  public ByteBufAllocator alloc() {
    return allocator;
  }

  @Override
  public SocketAddress remoteAddress() {
    return peer.remoteAddress();
  }

  /** Closes in good order, so that the peer can tell this from a line that was cut. */
  @Override
  public void dispose() {
    // Set first; otherwise a subscriber that is told of the rest would end the connection at once.
    peer.close().subscribe();
    writer.close();
    reader.stop(closed());
  }

  @Override
  public boolean isDisposed() {
    return peer.isDisposed();
  }

  @Override
  public Mono<Void> onClose() {
    return peer.onClose().flatMap(this::end);
  }

  private Mono<Void> end(CloseReason why) {
    PeerException seen = fault.get();
    PeerException cause = seen == null ? why.cause() : seen;
    // The reader is told first.
    reader.stop(cause == null ? closed() : cause);
    return cause == null ? Mono.empty() : Mono.error(cause);
  }

  /** How many bytes of RSocket's frames are not written yet, for tests. */
  long held() {
    return writer.held();
  }

  /** The peer's open streams, for tests. */
  PeerStreams streams() {
    return streams;
  }

  /** How many streams are sending, for tests. */
  int sendingStreams() {
    return credits.size();
  }

  @Override
  public String toString() {
    return "RSocket over " + peer;
  }
}
