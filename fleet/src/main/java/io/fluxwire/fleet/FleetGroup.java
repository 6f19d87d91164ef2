package io.fluxwire.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Undelivered;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.CidrList;
import io.fluxwire.dial.ConnectionSource;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.internal.Arguments;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.packet.PacketCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * The peers of all instances of a node, as a {@link PeerGroup} has the peers of one: every instance
 * can send packets to a peer, whichever instance the peer is connected to.
 *
 * <pre>{@code
 * PeerGroup<Pkt> local = PeerGroup.of(key.id());
 * FleetGroup<Pkt> fleet =
 *     FleetGroup.of(local, PacketCodec.pkt(), engine, FleetSpec.of("gateway-1"));
 * server.handle(fleet.local()::accept).bindNow();
 * fleet.join().subscribe();
 * fleet.send(peerId, Mono.just(packet)).subscribe();
 * }</pre>
 *
 * <p>Each instance tells the fleet's {@linkplain FleetEngine engine} which peers are connected to
 * it, and asks it where other peers are. The engine's answer is a hint: an instance that does not
 * have the peer any more says so, and the sender looks again. The fleet delivers no packet twice.
 *
 * <p>If a peer has connections to two instances, the later one counts for all of them at once, by
 * the same rule everywhere ({@link Holding#BY_EPOCH}). The other one is closed after {@link
 * FleetSpec#duplicateLinger}, unless the peer has closed one of the two by then.
 *
 * <p>The members of a fleet trust each other: whoever has access to the engine can send to all
 * peers. Thread-safe.
 *
 * @param <P> the application's packet type
 */
public final class FleetGroup<P> implements Disposable, AutoCloseable {

  /** How often an instance checks that the other ends of its open sends still answer: every 5 s. */
  static final Duration TICK = Duration.ofSeconds(5);

  private static final String TIMER = "a timer of a fleet";

  /** Whether an instance is a member of its fleet. */
  public enum State {
    /** It has not joined yet, or its last attempt failed. */
    NEW,
    /** It is joining through the engine. */
    JOINING,
    /** It is a member. */
    JOINED,
    /**
     * It was a member, and the engine is lost: it joins again by itself. An engine without a
     * server, such as JGroups, cannot be lost: an instance that is cut off from the others is a
     * member then, and sees none of them.
     */
    AWAY,
    /** It has left. */
    LEFT
  }

  /**
   * A change in the directory of a fleet, as one instance sees it. {@code toString} describes it
   * for a person.
   *
   * <p>Later versions may add kinds of changes: give a {@code switch} over them a {@code default},
   * and a chain of {@code instanceof} an {@code else}.
   */
  public sealed interface Change {

    /**
     * The peer that the change is about.
     *
     * @return its node id
     */
    NodeId peer();

    /**
     * A peer that no instance had is connected to one.
     *
     * @param peer the peer
     * @param at the instance
     */
    record Appeared(NodeId peer, InstanceId at) implements Change {
      @Override
      public String toString() {
        return peer + ": at " + at;
      }
    }

    /**
     * A peer is connected to another instance than before.
     *
     * @param peer the peer
     * @param from the instance that had it; it may still have an earlier connection of it
     * @param to the instance that has it
     */
    record Moved(NodeId peer, InstanceId from, InstanceId to) implements Change {
      @Override
      public String toString() {
        return "%s: moved from %s to %s".formatted(peer, from, to);
      }
    }

    /**
     * No instance has the peer any more.
     *
     * @param peer the peer
     * @param from the instance that had it last
     */
    record Gone(NodeId peer, InstanceId from) implements Change {
      @Override
      public String toString() {
        return peer + ": gone from " + from;
      }
    }
  }

  private final PeerGroup<P> local;
  private final FleetParts<P> parts;
  private final Membership<P> membership;
  private final Disposable.Composite background = Disposables.composite();
  private final Sinks.Empty<Void> ended = Sinks.empty();

  private FleetGroup(PeerGroup<P> local, PacketCodec<P> codec, FleetEngine engine, FleetSpec spec) {
    this.local = Objects.requireNonNull(local, "local");
    this.parts = new FleetParts<>(local, codec, Objects.requireNonNull(spec, "spec"));
    this.membership = new Membership<>(Objects.requireNonNull(engine, "engine"), parts);
  }

  /**
   * An instance that has not joined its fleet yet.
   *
   * @param local the peers of this instance; disposed of with the fleet
   * @param codec encodes packets for other instances; the same as that of the peers' connections
   * @param engine connects the instances
   * @param spec the settings of this instance
   * @param <P> the application's packet type
   * @return the group, which can send to the peers of this instance already
   */
  public static <P> FleetGroup<P> of(
      PeerGroup<P> local, PacketCodec<P> codec, FleetEngine engine, FleetSpec spec) {
    FleetGroup<P> fleet = new FleetGroup<>(local, codec, engine, spec);
    fleet.start();
    return fleet;
  }

  private void start() {
    MeterRegistry registry = parts.spec.meters();
    if (registry != null) {
      background.add(FleetMeters.bind(this, registry));
    }
    background.add(
        local.changes().subscribe(change -> parts.serial.execute(() -> changed(change))));
    background.add(
        parts
            .spec
            .scheduler()
            .schedulePeriodically(
                () -> Callbacks.run(TIMER, this::tick),
                TICK.toNanos(),
                TICK.toNanos(),
                TimeUnit.NANOSECONDS));
  }

  private void changed(PeerGroup.Change<P> change) {
    parts.peers.changed(change);
    PeerConnection<P> connection = parts.peers.anyConnection(change.peer());
    if (connection != null && (parts.departure.isDraining() || parts.access.isDenied(connection))) {
      FleetAccess.close(connection);
    }
  }

  private void tick() {
    parts.forwarder.tick();
    parts.inbound.tick();
    // The engine may have lost the first message that said so.
    parts.departure.tellAllIfMakingWay();
  }

  /**
   * Joins the fleet, and tells it which peers are connected here. Until then, and while it fails,
   * this instance sends to its own peers only. If the engine is lost later, the instance joins
   * again by itself.
   *
   * @return joins when it is subscribed to, and completes when this instance is a member, at once
   *     if it is one already. Errors with {@link FleetEngineException} when joining is not possible
   *     now, and with {@link IllegalStateException} while another subscription is joining and after
   *     this instance has left. Can be subscribed to again. Cancelling ends the attempt
   */
  public Mono<Void> join() {
    return membership.join();
  }

  /**
   * This instance.
   *
   * @return its id
   */
  public InstanceId self() {
    return parts.spec.instance();
  }

  /**
   * The peers of this instance: hand this group its connections, receive packets from it, and add
   * to it the peers that only this instance dials.
   *
   * @return the group that the fleet was made of
   */
  public PeerGroup<P> local() {
    return local;
  }

  /**
   * The members of the fleet that this instance can reach, itself among them.
   *
   * @return a snapshot; empty before this instance has joined
   */
  public Set<InstanceId> members() {
    return parts.members.now();
  }

  /**
   * The instance that a peer is connected to. A hint: the peer may have moved or gone a moment ago.
   *
   * @param peer its node id
   * @return emits the instance; empty when no instance has the peer; errors with {@link
   *     FleetEngineException} when the engine cannot say, or this instance has not joined
   */
  public Mono<InstanceId> whereIs(NodeId peer) {
    return parts.directory.whereIs(peer);
  }

  /**
   * The peers of all instances, each once, by the connection that counts. Collects all of them
   * before it emits the first: some 200 bytes for each peer.
   *
   * @return the rows of the directory at this moment; completes after the last one; errors with
   *     {@link FleetEngineException} when the engine cannot say, or this instance has not joined
   */
  public Flux<Holding> peers() {
    return parts.directory.rows(row -> true).flatMapIterable(rows -> rows);
  }

  /**
   * How many peers each instance has, by the directory. Counts rows without collecting them, so a
   * peer that is connected to two instances counts for both until one of the connections is closed.
   *
   * @return emits the count of each instance that has a peer, and 0 for members without any; errors
   *     as {@link #peers()}
   */
  public Mono<Map<InstanceId, Long>> peerCounts() {
    return Mono.defer(() -> parts.directory.peerCounts(members()));
  }

  /**
   * The changes of the directory, beginning with a {@link Change.Appeared} for each peer that an
   * instance has. While somebody subscribes, this instance keeps a copy of the directory. Changes
   * that happen while the engine cannot be reached are emitted once it can, each peer's as one
   * change.
   *
   * <p>Emitted on the threads that bring them, which must not be blocked. There may be any number
   * of subscribers. A subscription errors when it is more than 1,024 changes behind, not counting
   * the changes at its beginning. Completes when this instance leaves.
   *
   * @return the changes
   */
  public Flux<Change> changes() {
    return parts.roster.changes();
  }

  /**
   * Sends packets to one peer, wherever it is connected. As {@link #send(NodeId, Publisher,
   * Duration)} without a wait.
   *
   * @param peer its node id
   * @param packets the packets
   * @return the end of the sending
   */
  public Mono<Void> send(NodeId peer, Publisher<? extends P> packets) {
    return send(peer, packets, Duration.ZERO);
  }

  /**
   * Sends packets to one peer, wherever it is connected. To a peer of this instance this is {@link
   * PeerGroup#send}. To a peer of another instance the packets go over the engine, in order, as
   * fast as the peer's socket takes them: the source is asked for {@link FleetSpec#window} packets
   * at first, and after the other instance has answered for as many as the connection there asks
   * for.
   *
   * <p>Completes when all packets are written to the peer's socket. Errors with {@link
   * FleetSendException}, which tells how many packets were delivered; with the source's error,
   * after which the packets before it are still sent; with {@link io.fluxwire.PacketException} when
   * a packet cannot be encoded or is larger than the engine takes; and with the errors of {@link
   * PeerConnection#send} when the peer is connected here. Each subscription sends anew. Cancelling
   * stops the send between two packets.
   *
   * <p>No packet is delivered twice: a packet goes to a second instance only if the first one
   * cannot have received it, or has said that it does not have the peer.
   *
   * @param peer its node id
   * @param packets the packets; reference-counted ones are released on every path
   * @param wait how long to wait for the peer when no instance has it; zero or above
   * @return the end of the sending
   */
  public Mono<Void> send(NodeId peer, Publisher<? extends P> packets, Duration wait) {
    Objects.requireNonNull(packets, "packets");
    Duration limit = Arguments.notNegative("the wait", wait);
    return Mono.defer(
        () -> {
          PeerConnection<P> here = parts.peers.connection(peer);
          return here == null ? parts.forwarder.send(peer, packets, limit) : here.send(packets);
        });
  }

  /**
   * Keeps a peer connected to some instance from now on. Call it with the same peers at all
   * instances: one instance at a time dials the peer. Instances that see the same members agree on
   * which one that is (rendezvous hashing of the peer and the instances' names). It dials only
   * while no instance has the peer.
   *
   * <p>When the instance leaves, is killed or is drained, another one takes over: at once if the
   * first one is not a member any more, else after {@link FleetSpec#handover}. An instance that
   * joins takes over its share of the dials; a connection that is up stays until it ends. No two
   * instances dial the same peer, as long as none of them sees different members than the others
   * for longer than that time.
   *
   * @param peer its node id
   * @param source makes the connections, as in {@link PeerGroup#add}. When its publisher ends, the
   *     local group emits {@link PeerGroup.Change.GaveUp}, and this instance does not dial the peer
   *     any more until it is added again; the other instances do not learn of it and do not take
   *     over
   * @throws IllegalStateException when the peer is dialled by this group or the local one already,
   *     or the group is disposed of
   */
  public void dial(NodeId peer, ConnectionSource<P> source) {
    parts.dials.add(peer, source);
  }

  /**
   * Stops dialling a peer. If it is connected here, its connection is closed. To be called at all
   * instances.
   *
   * @param peer its node id
   * @return whether it was dialled or connected here
   */
  public boolean undial(NodeId peer) {
    return parts.dials.remove(peer);
  }

  /**
   * Bans a node at all instances, and closes its connections. Replaces an earlier rule for it.
   *
   * @param peer its node id
   * @param time from now on; above zero
   * @return bans the node when it is subscribed to, here at once; completes when the engine has
   *     taken the ban. Errors with {@link FleetEngineException} when the engine does not take it:
   *     then the ban still holds here, and the others are told once the engine can be reached again
   */
  public Mono<Void> ban(NodeId peer, Duration time) {
    return parts.access.set(peer.toString(), AccessRule.Action.DENY, time);
  }

  /**
   * Bans a network at all instances, and closes the connections from it, as {@link #ban(NodeId,
   * Duration)} does. Nodes with an {@link #allow} rule keep their connections, but a server that
   * uses {@link #addresses()} accepts no new ones from that network.
   *
   * @param network as of {@link CidrList#of(String...)}
   * @param time from now on; above zero
   * @return as {@link #ban(NodeId, Duration)}
   * @throws IllegalArgumentException when it is no network
   */
  public Mono<Void> ban(String network, Duration time) {
    return parts.access.set(CidrList.canonicalText(network), AccessRule.Action.DENY, time);
  }

  /**
   * Lets a node in at all instances, whatever the authorizer that was passed to {@link #authorizer}
   * says. Replaces an earlier rule for it.
   *
   * @param peer its node id
   * @param time from now on; above zero
   * @return as {@link #ban(NodeId, Duration)}
   */
  public Mono<Void> allow(NodeId peer, Duration time) {
    return parts.access.set(peer.toString(), AccessRule.Action.ALLOW, time);
  }

  /**
   * Lifts the rule for a node at all instances.
   *
   * @param peer its node id
   * @return lifts it when it is subscribed to; emits whether there was one, once the engine has
   *     taken the change; errors as {@link #ban(NodeId, Duration)}
   */
  public Mono<Boolean> lift(NodeId peer) {
    return parts.access.lift(peer.toString());
  }

  /**
   * Lifts the rule for a network at all instances.
   *
   * @param network as of {@link CidrList#of(String...)}
   * @return as {@link #lift(NodeId)}
   * @throws IllegalArgumentException when it is no network
   */
  public Mono<Boolean> lift(String network) {
    return parts.access.lift(CidrList.canonicalText(network));
  }

  /**
   * The rules of the fleet that have not ended, the one that ends soonest first.
   *
   * @return a snapshot; lifted ones are among them as {@link AccessRule.Action#NONE}
   */
  public Collection<AccessRule> rules() {
    return parts.rules.all();
  }

  /**
   * An authorizer that decides by the rules of the fleet, for {@code PeerServer.authorize} and
   * {@code PeerClient.authorize}.
   *
   * @param next decides on nodes for which there is no rule
   * @return the authorizer
   */
  public Authorizer authorizer(Authorizer next) {
    return parts.rules.authorizer(next);
  }

  /**
   * A test for addresses, as {@code PeerServer.admit} takes it.
   *
   * @return true for addresses that are in no network that is banned at the time of the test
   */
  public Predicate<InetAddress> addresses() {
    return parts.rules.addresses();
  }

  /**
   * Drains this instance before it stops, such as for an update: the other instances take over its
   * dials; its connections are closed gracefully, spread over a time, and new ones at once; then
   * this instance leaves the fleet, and the local group is disposed of. Until a connection is
   * closed, the other instances can still send to its peer.
   *
   * <p>Let the server refuse connections meanwhile, by {@code
   * PeerServer.refuseWhile(fleet::isDraining)}, so that a dialling peer tries its next address at
   * once.
   *
   * @param over how long to take for the connections; zero or above. Each connection then has its
   *     own drain timeout (5 s unless configured)
   * @return begins when it is subscribed to, once; emits the packets that were not written, when
   *     all is closed; never errors. Cancelling does not undo it
   */
  public Mono<Undelivered> drain(Duration over) {
    return parts.departure.drain(
        Arguments.notNegative("the time of a drain", over), Mono.defer(this::disposed));
  }

  private Mono<Void> disposed() {
    dispose();
    return onDispose();
  }

  /**
   * Whether this instance takes no new peers: it is being drained, has left, or is an {@linkplain
   * FleetSpec#observer() observer}. Its server should refuse connections, and its readiness probe
   * should fail.
   *
   * @return true from {@link #drain} or {@link #dispose()} on; always true for an observer
   */
  public boolean isDraining() {
    return parts.departure.makesWay() || isDisposed();
  }

  /**
   * How this instance sees its fleet now.
   *
   * @return a snapshot
   */
  public FleetSnapshot snapshot() {
    Standing.Now standing = parts.standing.now();
    return new FleetSnapshot(
        self(),
        standing.state(),
        standing.since(),
        members(),
        parts.members.leaving(),
        parts.peers.size(),
        parts.dials.own(),
        parts.dials.size(),
        parts.rules.size(),
        parts.forwarder.size(),
        parts.inbound.size(),
        parts.inbound.pendingBytes(),
        parts.counters.snapshot());
  }

  /**
   * Whether this instance is a member.
   *
   * @return its state now
   */
  public State state() {
    return parts.standing.state();
  }

  /**
   * Leaves the fleet at once, and disposes of the local group, whose connections are closed
   * gracefully. Does not wait: {@link #onDispose()} completes when all is closed. Further calls do
   * nothing.
   */
  @Override
  public void dispose() {
    if (membership.end()) {
      local.dispose();
      background.dispose();
      membership.leave().then(local.onDispose()).subscribe(null, null, ended::tryEmitEmpty);
    }
  }

  /**
   * The end of this instance.
   *
   * @return completes when it has left and the local group's connections are closed; never errors
   */
  public Mono<Void> onDispose() {
    return ended.asMono();
  }

  /**
   * Calls {@link #dispose()} and waits until all is closed, as {@link PeerGroup#close()} does; for
   * try-with-resources, and for containers that close their beans when they stop. Blocks, except on
   * a thread that must not block, where it returns at once.
   */
  @Override
  public void close() {
    dispose();
    local.close();
    if (!Schedulers.isInNonBlockingThread()) {
      onDispose().timeout(PeerGroup.CLOSE_TIMEOUT, Mono.empty()).block();
    }
  }

  @Override
  public boolean isDisposed() {
    return state() == State.LEFT;
  }

  @Override
  public String toString() {
    return "FleetGroup[%s, %s, %d members, %d peers here]"
        .formatted(self(), state(), members().size(), parts.peers.size());
  }
}
