package io.fluxwire.group;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
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
 * <p>Two nodes that dial each other end with one connection, the same one on both sides: of two
 * that different sides dialled, the one that the lower node id dialled stays. Where the one that is
 * there is older than {@link #SIMULTANEOUS}, or the same side dialled both, the newer one stays: a
 * peer does not dial while it is connected, so it must have lost the older one. The connection that
 * goes is closed in good order, and what the peer has sent on it is still received. Of two that
 * were dialled at the same time it is closed a second after the other one is there, so that it does
 * not end before the peer has that one: neither side sees the other one leave.
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
   * A change of the group. {@code toString} says it to a person.
   *
   * <p>Later versions may add kinds of changes: a {@code switch} over them wants a {@code default},
   * and a chain of {@code instanceof} an {@code else}.
   *
   * @param <P> the application's packet type
   */
  public sealed interface Change<P> {

    /**
     * Who it is about.
     *
     * @return the peer's node id
     */
    NodeId peer();

    /**
     * A peer is connected that was not.
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
     * A peer's connection made way for another one with the same peer, which has not left.
     *
     * @param connection the connection that is up now
     * @param previous the connection that made way
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
     * A peer that was added is not dialled any more: another attempt cannot help, or its publisher
     * has completed. A connection that is up stays. The peer can be added again.
     *
     * @param peer who
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
   * A packet, and who sent it.
   *
   * @param connection where it came in
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
   * An empty group, by another clock.
   *
   * @param self this node's id
   * @param clock tells the age of connections by its nanoseconds, which must not jump, and {@link
   *     ConnectionHealth#since()} by its milliseconds; runs the group's timers
   * @param <P> the application's packet type
   * @return the group
   */
  public static <P> PeerGroup<P> of(NodeId self, Scheduler clock) {
    return new PeerGroup<>(self, clock);
  }

  /**
   * Keeps a peer connected from now on.
   *
   * @param peer who; a connection with anyone else is closed
   * @param source connects to it, as a {@code PeerClient} does that expects the peer; its
   *     permission waits while the peer is connected. What it throws, this throws, and the peer is
   *     not added; how its publisher ends is a {@link Change.GaveUp}
   * @throws IllegalStateException when the peer is in the group, or the group is disposed
   */
  public void add(NodeId peer, ConnectionSource<P> source) {
    membership.add(peer, source);
  }

  /**
   * Stops to dial a peer and closes its connection: a {@link Change.Left} once that is closed, and
   * no {@link Change.GaveUp}. One that it dials itself later is taken all the same.
   *
   * @param peer who
   * @return whether it was dialled or connected
   */
  public boolean remove(NodeId peer) {
    return membership.remove(peer);
  }

  /**
   * Takes a connection that the peer dialled; a server's handler.
   *
   * @param connection the connection, not yet received from
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
   * How the peers are doing: those that are connected, and those that were added and not removed.
   * What made a dial fail is known only once it is given up; {@link ConnectionHealthMonitor} hears
   * of it from the client. A peer is up here if and only if {@link #peers()} has it at that moment.
   *
   * @return a snapshot; empty once the group is disposed
   */
  public Map<NodeId, ConnectionHealth> health() {
    return membership.health();
  }

  /**
   * What changes, beginning with a join for each peer that is connected; nothing is told twice or
   * left out. Changes come in the order in which they are made, on the threads that make them,
   * which must not be blocked. Any number of subscribers; one that is more than 1,024 changes
   * behind, the joins of the beginning not counted, errors. Completes when the group is disposed.
   *
   * @return the changes
   */
  public Flux<Change<P>> changes() {
    return membership.changes();
  }

  /**
   * The packets of all peers; each peer's in order. Demand reaches the sockets: at most 32 packets
   * of each peer wait. One subscriber, which should be there from the start: a peer that nobody
   * reads is seen to leave only some time after. Once it has cancelled, what comes is dropped.
   *
   * <p>A connection's fault does not end it; {@link #changes()} tells. Nor does anything else that
   * ends what one connection receives, such as an error of a decorator's: it is logged, and the
   * connection is closed at once. Completes when the group is disposed.
   *
   * @return the packets
   */
  public Flux<Received<P>> receive() {
    return membership.received();
  }

  /**
   * Who is connected now.
   *
   * @return a snapshot; empty once the group is disposed
   */
  public Set<NodeId> peers() {
    return membership.peers();
  }

  /**
   * Sends to one peer.
   *
   * @param peer who
   * @param packets what
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
   * Sends a packet to each peer that is connected now.
   *
   * @param packet what
   * @return completes when it is written to all; errors at the end when that failed for some
   */
  public Mono<Void> sendToAll(P packet) {
    return Mono.defer(
        () ->
            Mono.whenDelayError(
                membership.connections().stream()
                    .map(connection -> Mono.defer(() -> connection.sendOne(packet)))
                    .toList()));
  }

  /**
   * Sends a packet to one of the peers, at random; to another one when that fails.
   *
   * @param packet what
   * @return who it was written to; errors with {@link ConnectionClosedException} when it could be
   *     written to nobody
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
   * Stops to dial and closes all connections, as {@link PeerConnection#close()} does. Does not
   * wait: {@link #onDispose()} tells when all are closed. Further calls do nothing.
   */
  @Override
  public void dispose() {
    membership.dispose();
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
   * {@link #CLOSE_TIMEOUT} is closed at once. Blocks, but on a thread that must not, such as an
   * event loop's: there it does not wait.
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
