package io.fluxwire.session;

import io.fluxwire.ChannelException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ChannelListener;
import io.netty.buffer.ByteBuf;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What a session that carries a resumable channel says and hears beside packets (protocol.md
 * section 10). It keeps no rule but those of single frames: who uses this is the channel.
 */
public final class ChannelControls {

  private static final PacketCodec<ByteBuf> PAYLOADS = PacketCodec.raw().allowShortPayloads();

  private final Endpoint endpoint;
  private final Controls controls;
  private final Inbound<ByteBuf> inbound;

  ChannelControls(Endpoint endpoint, Controls controls, Inbound<ByteBuf> inbound) {
    this.endpoint = endpoint;
    this.controls = controls;
    this.inbound = inbound;
  }

  /**
   * Those of a connection. Taking them counts as a use of it.
   *
   * @param connection one that {@link SessionSpec#establish} made
   * @return its controls
   * @throws ChannelException with {@link Reason#CHANNEL_UNSUPPORTED} when the session has no
   *     channel
   */
  public static ChannelControls of(PeerConnection<?> connection) {
    ChannelControls controls =
        connection instanceof PeerSession<?> session ? session.channelControls() : null;
    if (controls == null) {
      throw new ChannelException(
          Reason.CHANNEL_UNSUPPORTED, "the peer has no resumable channels, or none is wanted");
    }
    return controls;
  }

  /**
   * Sets who is told of what the peer says, on the thread that reads. Nothing is read before {@link
   * #receive()} is subscribed to: set it before.
   *
   * @param listener who is told
   */
  public void listener(ChannelListener listener) {
    controls.channelListener(listener);
  }

  /**
   * The payloads that the peer sends: as {@link PeerConnection#receive()}, whose place this takes.
   *
   * @return the payloads, borrowed until {@code onNext} returns
   */
  public Flux<ByteBuf> receive() {
    return inbound.receive();
  }

  /**
   * Sends payloads: as {@link PeerConnection#send}, whose place this takes.
   *
   * @param payloads payloads of 1 byte and more; released on every path
   * @return completes when all are written
   */
  public Mono<Void> send(Publisher<ByteBuf> payloads) {
    return endpoint.outbound().send(payloads, PAYLOADS);
  }

  /**
   * The connection's scheduler: what is scheduled while a payload is received runs once all is
   * received that was read with it.
   *
   * @return the event loop
   */
  public Scheduler scheduler() {
    return endpoint.duplex().scheduler();
  }

  /**
   * Says how far this side's store is. Packets that are sent once this has completed come behind
   * it.
   *
   * @param frame what is said, once for each connection
   * @return completes on the connection's scheduler once it is written; errors when the connection
   *     ends before, and with {@link IllegalStateException} when it was said already. Each
   *     subscription says it
   */
  public Mono<Void> channel(ChannelFrame frame) {
    return controls.channel(frame);
  }

  /**
   * Acknowledges packets, on any thread. While an earlier number is on its way to the socket, only
   * the greatest one waits, and follows. One that still waits when this side ends is not said.
   *
   * @param next the number of the first packet that this side has not taken, 0 or above; one that
   *     is not above an earlier one has no effect
   */
  public void acknowledge(long next) {
    controls.acknowledge(next);
  }

  /**
   * Ends the session for a fault, as if a record had broken a rule: the peer is told where {@link
   * Reason#isToldToPeer()} says so, {@link PeerConnection#receive()} errors with it, and {@link
   * PeerConnection#onClose()} emits it. Without effect once the session is ending.
   *
   * @param fault why
   */
  public void fail(PeerException fault) {
    endpoint.execute(() -> endpoint.lifecycle().fail(fault));
  }
}
