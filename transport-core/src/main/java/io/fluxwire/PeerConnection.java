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
 * loop, which must not be blocked, or, where they are here already, on the thread that requests
 * them.
 *
 * @param <P> the application's packet type
 */
public interface PeerConnection<P> extends Disposable {

  /**
   * Who the peer is.
   *
   * @return its node id, proven by its signature
   */
  NodeId remoteId();

  /**
   * Where the peer is.
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
   * @return the parameters; those of version 3, as by default, for a session that is not upgraded
   */
  default SessionParameters session() {
    return SessionParameters.V3;
  }

  /**
   * The packets that the peer sends, in order. Demand reaches the socket: what is not requested is
   * not read, and TCP makes the peer wait.
   *
   * <p>Completes when either side closes in good order; what the peer sent before is delivered
   * first. Errors with the {@link PeerException} that ended the connection, also when it is this
   * side that closes and the peer's stream breaks off. A peer that just does not end its stream is
   * waited for until the drain timeout, and then this completes. In an upgraded session only the
   * peer's word is an orderly end: a stream that ends without it errors with {@link
   * Reason#STREAM_TRUNCATED}, after what was whole. A second subscription errors with {@link
   * IllegalStateException}.
   *
   * <p>Cancelling leaves the connection open for sending. What the peer still sends is read,
   * checked and dropped, so that its end, or a fault of its, ends the connection. A connection that
   * nobody has subscribed to reads some 64 KiB ahead, and ends when the drain timeout (5 s unless
   * configured) has passed since the peer's end was seen; who subscribes before that gets all that
   * the peer sent. With epoll the end is seen whatever waits ahead of it, elsewhere if it is no
   * more than that.
   *
   * <p>After the peer's end, sends that are running may go on until their sources complete, for 1 s
   * at most: what is still being computed for the peer can be answered.
   *
   * <p>Reference-counted packets (the raw codec's) are borrowed: they are released when {@code
   * onNext} returns. Retain or copy what is to live longer.
   *
   * @return the packets
   */
  Flux<P> receive();

  /**
   * Sends packets. Several sends may run at once; each one's packets keep their order, and the
   * sends take turns packet by packet. The source is asked for more only as the socket takes what
   * it gave, at most 128 packets ahead.
   *
   * <p>Completes when all packets are written to the socket. Errors with the source's error; with
   * {@link PacketException} when a packet cannot be encoded; with {@link ConnectionClosedException}
   * when the connection ends first. Each subscription sends anew. Cancelling stops it between two
   * packets.
   *
   * <p>Reference-counted packets are released by the connection on every path.
   *
   * @param packets the packets
   * @return the end of the sending
   */
  Mono<Void> send(Publisher<? extends P> packets);

  /**
   * Sends one packet: {@link #send(Publisher)} of a {@code Mono} of it. A reference-counted packet
   * is good for one subscription, since it is released by it; where nobody subscribes, it stays the
   * caller's.
   *
   * @param packet the packet
   * @return the end of the sending
   */
  default Mono<Void> sendOne(P packet) {
    return send(Mono.just(packet));
  }

  /**
   * Asks the peer for an answer (protocol.md section 9.4): the ping goes ahead of packets that wait
   * to be sent, and a peer answers ahead of its own. Neither passes what is on its way already, so
   * a time is that of the path and of what fills it.
   *
   * <p>Emits the time from the ping to its answer and completes, on the connection's event loop.
   * The answer is among the peer's records, which are read as {@link #receive()} asks for packets:
   * while nobody asks, here or there, it does not come. A peer that was asked 1,024 times within a
   * second reads on in the next one. Errors with {@link UnsupportedOperationException} for a
   * session that is not upgraded; with {@link IllegalStateException} while 64 pings have no answer,
   * those included whose subscriber has cancelled; with the {@link PeerException} of the
   * connection's end, mostly a {@link ConnectionClosedException}, when that comes first. Each
   * subscription asks anew.
   *
   * @return the round-trip time; the default errors with {@link UnsupportedOperationException}
   */
  default Mono<Duration> ping() {
    return NotUpgraded.error("ping()");
  }

  /**
   * Renews the keys of what this side sends (protocol.md section 9.3): what was sealed before stays
   * under the old ones, which are wiped, and all that is sealed later is under new ones. Whoever
   * learns the new keys cannot open what was sent before. A session renews its keys by itself, too,
   * after so much time or data; the peer renews those of its own direction.
   *
   * <p>Completes when the last record under the old keys is written to the socket. Errors with
   * {@link UnsupportedOperationException} for a session that is not upgraded; with {@link
   * IllegalStateException} while 64 renewals are not written; with the {@link PeerException} of the
   * connection's end when that comes first. Each subscription renews anew; to cancel it does not
   * undo that.
   *
   * @return the end of the old keys; the default errors with {@link UnsupportedOperationException}
   */
  default Mono<Void> rotateKeys() {
    return NotUpgraded.error("rotateKeys()");
  }

  /**
   * Closes in good order: sources of running sends are cancelled, packets that they handed over are
   * written, the end of the stream is announced, and the peer's end is awaited, all within the
   * drain timeout (5 s unless configured), and 1 s after all is written if nobody receives; then
   * the connection is closed whatever is left.
   *
   * <p>As with every {@code Mono} of Reactor's, nothing happens before somebody subscribes, and who
   * cancels the subscription does not undo the close. {@link #dispose()} is the end that needs no
   * subscriber.
   *
   * @return closes when it is subscribed to and completes when the connection is closed; never
   *     errors
   */
  Mono<Void> close();

  /**
   * Why the connection ended.
   *
   * @return emits the reason once the connection is closed; never errors
   */
  Mono<CloseReason> onClose();

  /**
   * What sends handed over and the socket never took.
   *
   * @return emits once the connection is closed, on any thread; never errors. Completes empty where
   *     that is not counted, as the default does for connections of your own
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
   * an event loop. To wait for an end in good order, block on {@link #close()}, which has an end of
   * its own.
   *
   * @throws IllegalStateException when it is open still after 3 s, since something blocks its event
   *     loop
   */
  default void disposeNow() {
    disposeNow(Duration.ofSeconds(3));
  }

  /**
   * As {@link #disposeNow()}, with another bound.
   *
   * @param timeout how long to wait, above zero
   * @throws IllegalStateException when it is open still after that, since something blocks its
   *     event loop
   */
  default void disposeNow(Duration timeout) {
    Duration limit = Arguments.positive("the timeout", timeout);
    dispose();
    Blocking.get(onDispose(), limit, () -> this + " is open still");
  }

  /**
   * Whether the connection's end is decided. It need not be closed yet: {@link #receive()} may
   * still deliver what the peer sent before, and packets that sends handed over may still be
   * written. {@link #onDispose()} tells when all is over.
   *
   * @return true from the first cause of an end on, whichever side it came from
   */
  @Override
  boolean isDisposed();

  /**
   * The end of the connection.
   *
   * @return completes once the connection is closed, for whatever reason: {@link #onClose()}
   *     without it; never errors
   */
  default Mono<Void> onDispose() {
    return onClose().then();
  }
}
