package io.fluxwire.group;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.Undelivered;
import io.fluxwire.dial.ConnectionHealth;
import io.fluxwire.dial.ConnectionHealthMonitor;
import io.fluxwire.dial.ConnectionSource;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.FailureText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Many peers, one connection with each, whoever dialled. Peers that are added are dialled as long
 * as they are not connected; peers that dial us are handed to {@link #accept}.
 *
 * <pre>{@code
 * PeerGroup<Pkt> group = PeerGroup.of(key.id());
 * group.add(peerId, client.expect(peerId));
 * server.handle(group::accept).bindNow();
 * group.receive().subscribe(received -> ...);
 * }</pre>
 *
 * <p>When two nodes dial each other, they keep one connection, the same one on both sides. If each
 * side dialled one of the two connections, the connection that the node with the lower id dialled
 * stays. If the first connection is more than {@link #SIMULTANEOUS} older than the second, or if
 * the same side dialled both, the newer connection stays: a peer does not dial while it is
 * connected, so it must have lost the older one. The other connection is closed in good order, and
 * what the peer has sent on it is still received.
 *
 * <p>If both were dialled at the same time, the one to close is closed a second after the peer has
 * answered a ping on the one that stays, and after 10 s at the latest. So the peer has the
 * connection that stays before the other one ends, and neither side sees the other leave. With a
 * peer of version 3, which has no pings, the connection is closed after a second.
 *
 * <p>Thread-safe.
 *
 * @param <P> the application's packet type; not reference-counted
 */
public final class PeerGroup<P> implements Disposable, AutoCloseable {

  /** How far apart two connections with one peer can be made and still be simultaneous: 30 s. */
  public static final Duration SIMULTANEOUS = Duration.ofSeconds(30);

  /** How long {@link #close()} waits for the connections' ends: 10 s. */
  public static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private final NodeId self;
  private final Membership<P> membership;

  /**
   * A change of the group. {@code toString} describes it for a person.
   *
   * <p>Later versions may add kinds of changes: give a {@code switch} over them a {@code default},
   * and a chain of {@code instanceof} an {@code else}.
   *
   * @param <P> the application's packet type
   */
  public sealed interface Change<P> {

    /**
     * The peer that the change is about.
     *
     * @return the peer's node id
     */
    NodeId peer();

    /**
     * A peer that was not connected is connected now.
     *
     * @param connection the connection that is up now
     * @param <P> the application's packet type
     */
    record Joined<P>(PeerConnection<P> connection) implements Change<P> {
      @Override
      public NodeId peer() {
        return connection.remoteId();
      }

      @Override
      public String toString() {
        return peer() + ": joined at " + AddressText.of(connection.remoteAddress());
      }
    }

    /**
     * A peer's connection was replaced by another one with the same peer. The peer has not left.
     *
     * @param connection the connection that is up now
     * @param previous the connection that was replaced
     * @param <P> the application's packet type
     */
    record Replaced<P>(PeerConnection<P> connection, PeerConnection<P> previous)
        implements Change<P> {
      @Override
      public NodeId peer() {
        return connection.remoteId();
      }

      @Override
      public String toString() {
        return peer()
            + ": connection replaced by one at "
            + AddressText.of(connection.remoteAddress());
      }
    }

    /**
     * A peer is not connected any more.
     *
     * @param connection the connection that ended
     * @param reason why it ended
     * @param <P> the application's packet type
     */
    record Left<P>(PeerConnection<P> connection, CloseReason reason) implements Change<P> {
      @Override
      public NodeId peer() {
        return connection.remoteId();
      }

      @Override
      public String toString() {
        return peer() + ": left: " + reason;
      }
    }

    /**
     * A peer that was added is not dialled any more, because another attempt cannot help or because
     * its publisher has completed. A connection that is up stays. The peer can be added again.
     *
     * @param peer its node id
     * @param failure why it is not dialled any more; null when its publisher has completed
     * @param <P> the application's packet type
     */
    record GaveUp<P>(NodeId peer, @Nullable Throwable failure) implements Change<P> {
      @Override
      public String toString() {
        if (failure == null) {
          return peer + ": not dialled any more";
        }
        return peer + ": given up: " + FailureText.of(failure);
      }
    }
  }

  /**
   * A packet with the connection that it came from.
   *
   * @param connection the connection of the peer that sent the packet
   * @param packet the packet
   * @param <P> the application's packet type
   */
  public record Received<P>(PeerConnection<P> connection, P packet) {}

  private PeerGroup(NodeId self, Scheduler clock) {
    this.self = self;
    this.membership = new Membership<>(self, clock);
  }

  /**
   * An empty group.
   *
   * @param self this node's id
   * @param <P> the application's packet type
   * @return the group
   */
  public static <P> PeerGroup<P> of(NodeId self) {
    return new PeerGroup<>(self, Schedulers.parallel());
  }

  /**
   * An empty group with another clock.
   *
   * @param self this node's id
   * @param clock runs the group's timers; its time in nanoseconds, which must not jump, gives the
   *     age of connections, and its time in milliseconds {@link ConnectionHealth#since()}
   * @param <P> the application's packet type
   * @return the group
   */
  public static <P> PeerGroup<P> of(NodeId self, Scheduler clock) {
    return new PeerGroup<>(self, clock);
  }

  /**
   * Keeps a peer connected from now on.
   *
   * @param peer its node id; a connection with any other node is closed
   * @param source makes the connections, such as a {@code PeerClient} that expects the peer. The
   *     group withholds the permission to dial while the peer is connected. If the source throws,
   *     this method throws the same, and the peer is not added. When the source's publisher ends,
   *     that is a {@link Change.GaveUp}
   * @throws IllegalStateException when the peer is in the group, or the group is disposed
   */
  public void add(NodeId peer, ConnectionSource<P> source) {
    membership.add(peer, source);
  }

  /**
   * Stops dialling a peer and closes its connection. Once that is closed there is a {@link
   * Change.Left}, but no {@link Change.GaveUp}. A connection that the peer itself dials later is
   * accepted all the same.
   *
   * @param peer its node id
   * @return whether it was dialled or connected
   */
  public boolean remove(NodeId peer) {
    return membership.remove(peer);
  }

  /**
   * Adds a connection that the peer dialled; to be used as a server's handler.
   *
   * @param connection the connection; nobody may have subscribed to its {@code receive()}
   * @return completes when the connection has ended
   */
  public Mono<Void> accept(PeerConnection<P> connection) {
    return Mono.defer(
        () -> {
          membership.accept(connection);
          return connection.onClose().then();
        });
  }

  /**
   * The health of the peers that are connected, and of those that were added and not removed. The
   * error of a failed dial is here only once the peer is given up; a {@link
   * ConnectionHealthMonitor} on the client learns of it at once. A peer is up here if and only if
   * {@link #peers()} contains it at that moment.
   *
   * @return a snapshot; empty once the group is disposed
   */
  public Map<NodeId, ConnectionHealth> health() {
    return membership.health();
  }

  /**
   * The changes, beginning with a {@link Change.Joined} for each peer that is connected; no change
   * is repeated or left out. Changes are emitted in the order in which they happen, on the threads
   * that make them, which must not be blocked. There may be any number of subscribers. A
   * subscription errors when it is more than 1,024 changes behind, the initial joins not counted.
   * Completes when the group is disposed.
   *
   * @return the changes
   */
  public Flux<Change<P>> changes() {
    return membership.changes();
  }

  /**
   * The packets of all peers; each peer's in order. Demand reaches the sockets: at most 32 packets
   * of each peer wait. There can be one subscriber. Subscribe from the start: while nobody reads, a
   * peer's leaving is noticed late. Once the subscriber has cancelled, packets are dropped.
   *
   * <p>The fault of one connection does not end this publisher; {@link #changes()} tells of it. Nor
   * does any other error of one connection's {@code receive()}, such as a decorator's: the error is
   * logged, and the connection is closed at once. Completes when the group is disposed.
   *
   * @return the packets
   */
  public Flux<Received<P>> receive() {
    return membership.received();
  }

  /**
   * The peers that are connected now.
   *
   * @return a snapshot; empty once the group is disposed
   */
  public Set<NodeId> peers() {
    return membership.peers();
  }

  /**
   * Sends packets to one peer.
   *
   * @param peer its node id
   * @param packets the packets
   * @return as {@link PeerConnection#send}; errors with {@link ConnectionClosedException} when the
   *     peer is not connected
   */
  public Mono<Void> send(NodeId peer, Publisher<? extends P> packets) {
    return Mono.defer(
        () -> {
          PeerConnection<P> connection = membership.connection(peer);
          return connection == null
              ? Mono.error(notConnected("node " + peer + " is not connected"))
              : connection.send(packets);
        });
  }

  /**
   * Sends a request to one peer.
   *
   * @param peer its node id
   * @param packet the request
   * @return as {@link PeerConnection#request}; errors with {@link ConnectionClosedException} when
   *     the peer is not connected
   */
  public Mono<P> request(NodeId peer, P packet) {
    return Mono.defer(
        () -> {
          PeerConnection<P> connection = membership.connection(peer);
          return connection == null
              ? Mono.error(notConnected("node " + peer + " is not connected"))
              : connection.request(packet);
        });
  }

  /**
   * Sends a packet to each peer that is connected now.
   *
   * @param packet the packet
   * @return emits the number of peers to which it was written, once it is written or has failed for
   *     each of them; a peer whose connection ends first is not counted. If it failed for some peer
   *     in another way, for example because the packet cannot be encoded, this errors at the end
   *     instead
   */
  public Mono<Integer> sendToAll(P packet) {
    return sendTo(packet, peer -> true);
  }

  /**
   * As {@link #sendToAll(Object)}, but leaves one peer out, such as the one that the packet came
   * from.
   *
   * @param packet the packet
   * @param except the peer that does not get it
   * @return as {@link #sendToAll(Object)}
   */
  public Mono<Integer> sendToAll(P packet, NodeId except) {
    return sendTo(packet, peer -> !peer.equals(except));
  }

  private Mono<Integer> sendTo(P packet, Predicate<NodeId> to) {
    return Mono.defer(
        () -> {
          List<PeerConnection<P>> connections =
              membership.connections().stream()
                  .filter(connection -> to.test(connection.remoteId()))
                  .toList();
          return Flux.fromIterable(connections)
              // Sends to all at once: a peer that reads nothing must not keep the packet from the
              // others.
              .flatMapDelayError(
                  connection -> written(connection, packet), Math.max(1, connections.size()), 1)
              .count()
              .map(Long::intValue);
        });
  }

  private static <P> Mono<Boolean> written(PeerConnection<P> connection, P packet) {
    return Mono.defer(() -> connection.sendOne(packet))
        .thenReturn(true)
        .onErrorResume(
            PeerException.class,
            failure -> connection.isDisposed() ? Mono.empty() : Mono.error(failure));
  }

  /**
   * Waits until a number of peers are connected at the same time.
   *
   * @param peers how many; for 0 this completes at once
   * @return completes when so many are connected, on the thread that added the last one. Errors
   *     with {@link ConnectionClosedException} when the group is disposed first ({@link
   *     Reason#CLOSED_LOCALLY}). Has no limit of time: use {@code timeout} to set one
   */
  public Mono<Void> awaitPeers(int peers) {
    if (peers <= 0) {
      return Mono.empty();
    }
    return changes()
        .filter(change -> peers().size() >= peers)
        .next()
        .switchIfEmpty(
            Mono.error(
                () ->
                    new ConnectionClosedException(
                        Reason.CLOSED_LOCALLY,
                        "the group was disposed before %d peers were connected".formatted(peers))))
        .then();
  }

  /**
   * Sends a packet to one of the peers, chosen at random, and to another one when that fails.
   *
   * @param packet the packet
   * @return emits the peer that it was written to; errors with {@link ConnectionClosedException}
   *     when it could not be written to any peer
   */
  public Mono<NodeId> sendToAny(P packet) {
    return Mono.defer(
        () -> {
          List<PeerConnection<P>> candidates = new ArrayList<>(membership.connections());
          Collections.shuffle(candidates);
          return Flux.fromIterable(candidates)
              .concatMap(
                  connection ->
                      connection
                          .sendOne(packet)
                          .thenReturn(connection.remoteId())
                          .onErrorComplete(ConnectionClosedException.class),
                  1)
              .next()
              .switchIfEmpty(Mono.error(() -> notConnected("no peer could be written to")));
        });
  }

  private static ConnectionClosedException notConnected(String message) {
    return new ConnectionClosedException(Reason.CONNECTION_LOST, message);
  }

  /**
   * Stops dialling and closes all connections, as {@link PeerConnection#close()} does. Does not
   * wait: {@link #onDispose()} tells when all are closed. Further calls do nothing.
   */
  @Override
  public void dispose() {
    membership.dispose();
  }

  /**
   * As {@link #dispose()}, but also tells how many packets were not delivered. Each connection is
   * closed in good order, within its drain timeout (5 s unless configured), so that the packets
   * that sends have handed over are written.
   *
   * @return disposes the group when it is subscribed to; once all connections are closed, emits the
   *     sum of the packets that were not written. Never errors. Cancelling does not undo the
   *     disposal
   */
  public Mono<Undelivered> closeGracefully() {
    return membership.closeGracefully();
  }

  /**
   * The end of the group.
   *
   * @return completes when the group is disposed, and all its connections are closed; never errors
   */
  public Mono<Void> onDispose() {
    return membership.closed();
  }

  /**
   * For try-with-resources, and for containers that close their beans when they stop, such as
   * Spring: {@link #dispose()}, and waits until the connections are closed. What is open after
   * {@link #CLOSE_TIMEOUT} is closed at once. Blocks, except on a thread that must not block, such
   * as an event loop's, where it returns at once.
   */
  @Override
  public void close() {
    dispose();
    if (!Schedulers.isInNonBlockingThread()) {
      onDispose().timeout(CLOSE_TIMEOUT, Mono.fromRunnable(membership::abort)).block();
    }
  }

  @Override
  public boolean isDisposed() {
    return membership.isDisposed();
  }

  @Override
  public String toString() {
    return "PeerGroup[%s, %d peers connected]".formatted(self, peers().size());
  }
}
