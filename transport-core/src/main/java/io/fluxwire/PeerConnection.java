package io.fluxwire;

import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Blocking;
import java.net.SocketAddress;
import java.time.Duration;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An encrypted connection to a peer whose identity is proven. It ends when either side closes it or
 * at the first fault; {@link #onClose()} says why.
 *
 * <p>All methods may be called from any thread. Packets are delivered on the connection's event
 * loop, which must not be blocked, or on the thread that requests them, if they have arrived
 * already.
 *
 * @param <P> the application's packet type
 */
public interface PeerConnection<P> extends Disposable {

  /**
   * The peer's identity.
   *
   * @return its node id, proven by its signature
   */
  NodeId remoteId();

  /**
   * The peer's address.
   *
   * @return its address
   */
  SocketAddress remoteAddress();

  /**
   * This end's address.
   *
   * @return the address
   */
  SocketAddress localAddress();

  /**
   * What this session negotiated.
   *
   * @return the parameters; for a session that is not upgraded, those of version 3, which this
   *     method's default returns, too
   */
  default SessionParameters session() {
    return SessionParameters.V3;
  }

  /**
   * The packets that the peer sends, in order. Demand reaches the socket: what is not requested is
   * not read, and TCP makes the peer wait.
   *
   * <p>Completes when either side closes in good order; everything that the peer sent before is
   * delivered first. Errors with the {@link PeerException} that ended the connection. This is also
   * the case when this side closes and the peer's stream then breaks off. When this side closes and
   * the peer does not end its stream, this completes after the drain timeout. In an upgraded
   * session only the peer's END frame is an end in good order: a stream that ends without END
   * errors with {@link Reason#STREAM_TRUNCATED}, after the complete packets have been delivered. A
   * second subscription errors with {@link IllegalStateException}.
   *
   * <p>Cancelling leaves the connection open for sending. What the peer still sends is read,
   * checked and dropped, so that the connection still ends when the peer ends it or violates the
   * protocol. While nobody has subscribed, the connection reads some 64 KiB ahead. It ends when the
   * drain timeout (5 s unless configured) has passed since it noticed the peer's end; a subscriber
   * that comes before gets everything that the peer sent. With epoll the connection always notices
   * the peer's end; with other socket transports only when no more than those 64 KiB wait to be
   * read before it.
   *
   * <p>After the peer's end, sends that are running may go on until their sources complete, for 1 s
   * at most, so that answers that are still being computed reach the peer.
   *
   * <p>Reference-counted packets (the raw codec's) are borrowed: they are released when {@code
   * onNext} returns. Retain or copy those that are to live longer.
   *
   * @return the packets
   */
  Flux<P> receive();

  /**
   * Sends packets. Several sends may run at once; each one's packets keep their order, and the
   * sends take turns packet by packet. The source is asked for more packets only as the socket
   * accepts the earlier ones, at most 128 packets ahead.
   *
   * <p>Completes when all packets are written to the socket. Errors with the source's error; with
   * {@link PacketException} when a packet cannot be encoded; with {@link ConnectionClosedException}
   * when the connection ends first. Each subscription sends anew. Cancelling stops the send between
   * two packets.
   *
   * <p>Reference-counted packets are released by the connection on every path.
   *
   * @param packets the packets
   * @return the end of the sending
   */
  Mono<Void> send(Publisher<? extends P> packets);

  /**
   * Sends one packet: {@link #send(Publisher)} of a {@code Mono} of it. A subscription releases a
   * reference-counted packet, so that there can be only one; without a subscription the caller has
   * to release it.
   *
   * @param packet the packet
   * @return the end of the sending
   */
  default Mono<Void> sendOne(P packet) {
    return send(Mono.just(packet));
  }

  /**
   * Sends a request, with an id of its own in it, and waits for the packet that answers it: {@link
   * io.fluxwire.request.RequestSpec} says what ids and answers are. Each subscription asks anew.
   *
   * <p>Emits the answer and completes, on the connection's event loop or on another thread that may
   * call {@linkplain io.fluxwire.request.RequestHandlers handlers}. Errors with {@link
   * PeerTimeoutException} when no answer comes in time ({@link Reason#REQUEST_TIMEOUT}; the
   * connection goes on, and a late answer is dropped); with {@link TooManyRequestsException} when
   * too many requests have no answer yet and too many wait; with the errors of {@link #sendOne};
   * and, when the connection ends first, with {@link ConnectionClosedException}, which has the
   * reason of the end and the peer's text, if it sent one ({@link
   * ConnectionClosedException#problem()}). Cancelling makes room for another request at once, but
   * does not recall a request that was sent.
   *
   * @param packet the request, without an id
   * @return the answer; errors with {@link UnsupportedOperationException} when the client or server
   *     has no {@code requests} set, as does this method's default
   */
  default Mono<P> request(P packet) {
    return Mono.error(
        () ->
            new UnsupportedOperationException(
                "request() takes a RequestSpec: set it by requests(...) of the client or server, or"
                    + " have it made by RequestSpec.over(connection)"));
  }

  /**
   * Measures the round-trip time to the peer (protocol.md section 9.4). The ping is sent ahead of
   * packets that wait here, and the peer sends its answer ahead of packets that wait there. Neither
   * overtakes data that is on its way already, so the time includes the queues on the path.
   *
   * <p>Emits the time from the ping to its answer and completes, on the connection's event loop.
   * The ping and its answer are read in order with the packets, and only as {@link #receive()}
   * requests packets: while nobody requests packets on either side, no answer comes. A peer that
   * got 1,024 pings within a second stops reading until the next second. Errors with {@link
   * UnsupportedOperationException} for a session that is not upgraded; with {@link
   * IllegalStateException} while 64 pings have no answer, including cancelled ones; with the {@link
   * PeerException} of the connection's end, mostly a {@link ConnectionClosedException}, when the
   * connection ends first. Each subscription sends a ping.
   *
   * @return the round-trip time; the default errors with {@link UnsupportedOperationException}
   */
  default Mono<Duration> ping() {
    return NotUpgraded.error("ping()");
  }

  /**
   * Renews the keys with which this side encrypts (protocol.md section 9.3): everything that is
   * encrypted from now on uses new keys, and the old keys are wiped. Whoever learns the new keys
   * cannot decrypt what was sent before. A session also renews its keys by itself after some time
   * or amount of data. The peer renews the keys of its own direction.
   *
   * <p>Completes when the last record under the old keys is written to the socket. Errors with
   * {@link UnsupportedOperationException} for a session that is not upgraded; with {@link
   * IllegalStateException} while 64 renewals are not written; with the {@link PeerException} of the
   * connection's end when the connection ends first. Each subscription renews the keys; cancelling
   * does not undo that.
   *
   * @return completes when the old keys are no longer used; the default errors with {@link
   *     UnsupportedOperationException}
   */
  default Mono<Void> rotateKeys() {
    return NotUpgraded.error("rotateKeys()");
  }

  /**
   * Closes in good order: cancels the sources of running sends, writes the packets that they have
   * handed over, announces the end of the stream and waits for the peer's end. All of this takes at
   * most the drain timeout (5 s unless configured). If nobody receives, the connection waits for
   * the peer for 1 s only after everything is written. Then it is closed, whatever is left.
   *
   * <p>As with every {@code Mono}, nothing happens before somebody subscribes. Cancelling the
   * subscription does not undo the close. {@link #dispose()} closes without a subscriber.
   *
   * @return closes when it is subscribed to and completes when the connection is closed; never
   *     errors
   */
  Mono<Void> close();

  /**
   * Closes because something failed here, and tells the peer: the packets that sends have handed
   * over are written, and after them the problem, all within the time limits of {@link #close()}.
   * The peer's {@link #receive()} errors with {@link ConnectionClosedException} and {@link
   * Reason#PEER_ERROR}, and {@link ConnectionClosedException#problem()} is the text. On this side
   * {@link #onClose()} emits {@link Reason#CLOSED_WITH_ERROR}. In a session of version 3 whose
   * codec has no packet for errors ({@link io.fluxwire.packet.PacketCodec#encodeError}), such as
   * the raw codec, the peer gets no text. Its stream breaks off inside a frame instead ({@link
   * Reason#FRAME_TRUNCATED}), so that the peer does not take this for an end in good order.
   *
   * <p>Also tells a peer that has already closed its direction, as long as this side has not ended
   * its own. Does nothing once {@link #close()} or {@link #dispose()} was called. Nothing happens
   * before somebody subscribes.
   *
   * @param problem the text for the people who run the peer; must not contain secrets. It is cut at
   *     256 characters, and control and format characters are replaced
   * @return closes when it is subscribed to and completes when the connection is closed; never
   *     errors. The default closes as {@link #dispose()} does, and tells the peer nothing
   */
  default Mono<Void> closeWithError(String problem) {
    return Mono.defer(
        () -> {
          dispose();
          return onDispose();
        });
  }

  /**
   * Why the connection ended.
   *
   * @return emits the reason once the connection is closed; never errors
   */
  Mono<CloseReason> onClose();

  /**
   * How many packets sends had handed over that the socket never accepted.
   *
   * @return emits once the connection is closed, on any thread; never errors. Completes empty for a
   *     connection that does not count them, as this method's default does
   */
  default Mono<Undelivered> undelivered() {
    return Mono.empty();
  }

  /**
   * Closes at once. Packets that are not written yet are lost, and their sends error. Does not
   * wait: {@link #onDispose()} tells when the connection is closed. Further calls do nothing.
   */
  @Override
  void dispose();

  /**
   * {@link #dispose()}, and waits until the connection is closed, for 3 s at most. Blocks: not for
   * an event loop. To wait for an end in good order, block on {@link #close()}, whose time is
   * limited.
   *
   * @throws IllegalStateException when it is still open after 3 s because something blocks its
   *     event loop
   */
  default void disposeNow() {
    disposeNow(Duration.ofSeconds(3));
  }

  /**
   * As {@link #disposeNow()}, with another timeout.
   *
   * @param timeout how long to wait, above zero
   * @throws IllegalStateException when it is still open after that time because something blocks
   *     its event loop
   */
  default void disposeNow(Duration timeout) {
    Duration limit = Arguments.positive("the timeout", timeout);
    dispose();
    Blocking.get(onDispose(), limit, () -> this + " is open still");
  }

  /**
   * Whether the connection is ending or has ended. It need not be closed yet: {@link #receive()}
   * may still deliver what the peer sent before, and packets that sends have handed over may still
   * be written. {@link #onDispose()} tells when it is closed.
   *
   * @return true from the moment on at which either side, or a fault, began to end the connection
   */
  @Override
  boolean isDisposed();

  /**
   * The end of the connection.
   *
   * @return completes once the connection is closed, for whatever reason, which {@link #onClose()}
   *     tells; never errors
   */
  default Mono<Void> onDispose() {
    return onClose().then();
  }
}
