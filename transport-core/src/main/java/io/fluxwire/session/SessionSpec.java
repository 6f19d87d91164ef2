package io.fluxwire.session;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.SessionParameters;
import io.fluxwire.access.Authorizer;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.bolt8.Bolt8Handshake;
import io.fluxwire.handshake.internal.FirstByteHandshake;
import io.fluxwire.handshake.v3.V3Handshake;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.Decorated;
import io.fluxwire.internal.HandOver;
import io.fluxwire.memory.MemoryBudget;
import io.fluxwire.observe.Observability;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.request.RequestSpec;
import io.fluxwire.transport.ByteDuplex;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * How to make a session of a byte duplex. Immutable: each setter returns a copy.
 *
 * @param <P> the packet type
 */
public final class SessionSpec<P> {

  /** As many threads as processors: they step aside for the event loops after each operation. */
  private static final Scheduler CURVE =
      Schedulers.fromExecutorService(
          new CurveExecutor(Runtime.getRuntime().availableProcessors(), CurveExecutor.KEEP_ALIVE),
          "fluxwire-curve");

  /** What can be set. Not changed any more once a spec has it. */
  private static final class Config<P> {

    final PacketCodec<P> codec;
    NodeIdentity nodeKey;
    @Nullable NodeId expected;
    Authorizer authorizer = Authorizer.anyone();
    SessionTimeouts timeouts = SessionTimeouts.DEFAULT;
    Scheduler curveScheduler = CURVE;
    EphemeralKeys keys;
    Observability observability = Observability.none();
    @Nullable MemoryBudget budget;
    UpgradePolicy upgrade = UpgradePolicy.off();
    long features;
    List<Dialect> dialects = List.of(Dialect.V3);
    @Nullable RequestSpec<P> requests;

    Config(NodeIdentity nodeKey, PacketCodec<P> codec) {
      this.nodeKey = Objects.requireNonNull(nodeKey, "nodeKey");
      this.codec = codec;
      keys = keysFrom(CURVE);
    }

    Config(Config<P> other) {
      this(other, other.codec);
      requests = other.requests;
    }

    /** Without requests, which are of the other codec's packets. */
    Config(Config<?> other, PacketCodec<P> codec) {
      this.codec = codec;
      nodeKey = other.nodeKey;
      expected = other.expected;
      authorizer = other.authorizer;
      timeouts = other.timeouts;
      curveScheduler = other.curveScheduler;
      keys = other.keys;
      observability = other.observability;
      budget = other.budget;
      upgrade = other.upgrade;
      features = other.features;
      dialects = other.dialects;
    }
  }

  private final Config<P> config;

  private SessionSpec(Config<P> config) {
    this.config = config;
  }

  private SessionSpec<P> with(Consumer<Config<P>> change) {
    Config<P> changed = new Config<>(config);
    change.accept(changed);
    return new SessionSpec<>(changed);
  }

  /**
   * The defaults: {@code Pkt} packets, anyone who proves an id, {@link SessionTimeouts#DEFAULT},
   * curve operations on threads of their own, shared by all sessions: as many as processors,
   * daemons that end when they are idle for 10 s; no meters and no traces.
   *
   * @param nodeKey this node's key, or what signs with it
   * @return the spec
   */
  public static SessionSpec<Pkt> of(NodeIdentity nodeKey) {
    return new SessionSpec<>(new Config<>(nodeKey, PacketCodec.pkt()));
  }

  private static EphemeralKeys keysFrom(Scheduler scheduler) {
    return EphemeralKeys.from(Secp256k1::preferred, scheduler);
  }

  /**
   * Sets the node's key.
   *
   * @param key this node's key, or what signs with it
   * @return a copy
   */
  public SessionSpec<P> nodeKey(NodeIdentity key) {
    Objects.requireNonNull(key, "key");
    return with(c -> c.nodeKey = key);
  }

  /**
   * Sets the application's packets, and drops the requests, which are of others.
   *
   * @param packets the codec
   * @param <Q> the packet type
   * @return a copy
   */
  public <Q> SessionSpec<Q> codec(PacketCodec<Q> packets) {
    return new SessionSpec<>(new Config<>(config, Objects.requireNonNull(packets, "packets")));
  }

  /**
   * Pins the peer: anyone else is refused.
   *
   * @param peer who the peer has to be; null, the default, for anyone
   * @return a copy
   */
  public SessionSpec<P> expected(@Nullable NodeId peer) {
    return with(c -> c.expected = peer);
  }

  /**
   * Sets who decides on a peer once its id is proven.
   *
   * @param decision who may stay; the default lets everyone
   * @return a copy
   */
  public SessionSpec<P> authorizer(Authorizer decision) {
    Objects.requireNonNull(decision, "decision");
    return with(c -> c.authorizer = decision);
  }

  /**
   * Sets the timeouts.
   *
   * @param limits how long to wait for what
   * @return a copy
   */
  public SessionSpec<P> timeouts(SessionTimeouts limits) {
    Objects.requireNonNull(limits, "limits");
    return with(c -> c.timeouts = limits);
  }

  /**
   * Sets where curve operations run, the making of session keys included, and what ML-KEM-768
   * takes.
   *
   * @param scheduler runs 0.1 to 0.4 ms of CPU for each handshake; may block, since it reads the
   *     random source
   * @return a copy
   */
  public SessionSpec<P> curveScheduler(Scheduler scheduler) {
    Objects.requireNonNull(scheduler, "scheduler");
    return with(
        c -> {
          c.curveScheduler = scheduler;
          c.keys = keysFrom(scheduler);
        });
  }

  /**
   * Gives the copy session keys that no other spec shares, for an owner that destroys them in the
   * end.
   *
   * @return a copy
   */
  public SessionSpec<P> ownKeys() {
    return with(c -> c.keys = keysFrom(c.curveScheduler));
  }

  /**
   * Sets where meters and traces go.
   *
   * @param where the default is nowhere
   * @return a copy
   */
  public SessionSpec<P> observability(Observability where) {
    Objects.requireNonNull(where, "where");
    return with(c -> c.observability = where);
  }

  /**
   * Bounds what sessions hold together: those of each spec that shares the budget.
   *
   * @param shared the budget; null, the default, for no bound
   * @return a copy
   */
  public SessionSpec<P> budget(@Nullable MemoryBudget shared) {
    return with(c -> c.budget = shared);
  }

  /**
   * Gives each session requests, but for those that carry a channel.
   *
   * @param how how packets ask and answer; null, the default, for no requests
   * @return a copy
   */
  public SessionSpec<P> requests(@Nullable RequestSpec<P> how) {
    return with(c -> c.requests = how);
  }

  /**
   * Sets whether and how sessions are upgraded (protocol.md section 9).
   *
   * @param policy the default is {@link UpgradePolicy#off()}
   * @return a copy
   */
  public SessionSpec<P> upgrade(UpgradePolicy policy) {
    Objects.requireNonNull(policy, "policy");
    return with(c -> c.upgrade = policy);
  }

  /**
   * Sets which features an upgraded session may have (protocol.md section 9.1): what this side
   * offers when it was dialled, and what it chooses, if it is offered, when it dialled. Who sets
   * {@link SessionParameters#CHANNEL} and dials has to speak for one channel, or the peer waits in
   * vain.
   *
   * @param bits none, the default, or {@link SessionParameters#CHANNEL}
   * @return a copy
   * @throws IllegalArgumentException for bits that this version does not know
   */
  public SessionSpec<P> features(long bits) {
    SessionParameters.requireKnown(bits);
    return with(c -> c.features = bits);
  }

  /**
   * Sets what connections speak.
   *
   * @param first what this side speaks when it dials; the default is {@link Dialect#V3}
   * @param others what it understands besides when it was dialled
   * @return a copy
   */
  public SessionSpec<P> dialects(Dialect first, Dialect... others) {
    List<Dialect> all = new ArrayList<>(EnumSet.of(first, others));
    all.remove(first);
    all.add(0, first);
    return with(c -> c.dialects = List.copyOf(all));
  }

  /**
   * This node's key, or what signs with it.
   *
   * @return the signer
   */
  public NodeIdentity nodeKey() {
    return config.nodeKey;
  }

  /**
   * The application's packets.
   *
   * @return the codec
   */
  public PacketCodec<P> codec() {
    return config.codec;
  }

  /**
   * Who the peer has to be.
   *
   * @return the pinned node id; null for anyone
   */
  public @Nullable NodeId expected() {
    return config.expected;
  }

  /**
   * Who decides on a peer once its id is proven.
   *
   * @return the authorizer
   */
  public Authorizer authorizer() {
    return config.authorizer;
  }

  /**
   * How long to wait for what.
   *
   * @return the timeouts
   */
  public SessionTimeouts timeouts() {
    return config.timeouts;
  }

  /**
   * Where curve operations run.
   *
   * @return the scheduler
   */
  public Scheduler curveScheduler() {
    return config.curveScheduler;
  }

  /**
   * Where the keys come from that serve one session each.
   *
   * @return the sources, which this spec may share with its copies
   */
  public EphemeralKeys keys() {
    return config.keys;
  }

  /**
   * Where meters and traces go.
   *
   * @return the place
   */
  public Observability observability() {
    return config.observability;
  }

  /**
   * What this and other sessions may hold together.
   *
   * @return the budget; null for no bound
   */
  public @Nullable MemoryBudget budget() {
    return config.budget;
  }

  /**
   * Whether and how sessions are upgraded.
   *
   * @return the policy
   */
  public UpgradePolicy upgrade() {
    return config.upgrade;
  }

  /**
   * How packets ask and answer.
   *
   * @return the requests; null for none
   */
  public @Nullable RequestSpec<P> requests() {
    return config.requests;
  }

  /**
   * What connections speak.
   *
   * @return first the one that this side dials with; not to be changed
   */
  public List<Dialect> dialects() {
    return config.dialects;
  }

  /**
   * Which features an upgraded session may have.
   *
   * @return a set of bits; 0 for none
   */
  public long features() {
    return config.features;
  }

  /**
   * Runs the handshake over a duplex, which the session then owns: whatever the outcome, cancelling
   * included, it is closed in the end.
   *
   * <p>Emits the connection once the peer is authenticated and authorized, on the duplex's
   * scheduler, and completes. Errors with a {@link PeerException} that says which rule the peer
   * broke or what else failed; where the keys are set up, the peer is told (protocol.md section 6).
   * Errors with {@link IllegalStateException} when this side dials by {@link Dialect#BOLT8} and
   * {@linkplain #expected expects} nobody. A duplex makes one session: subscribe once.
   *
   * @param duplex the connection, just made
   * @param role this side's part
   * @return the authenticated connection
   */
  public Mono<PeerConnection<P>> establish(ByteDuplex duplex, Role role) {
    return establish(duplex, role, handshake(role));
  }

  /** As {@link #establish(ByteDuplex, Role)}, by another handshake. */
  Mono<PeerConnection<P>> establish(ByteDuplex duplex, Role role, Handshake handshake) {
    Mono<PeerConnection<P>> established =
        Mono.create(
            sink -> {
              try {
                new Establishment<>(this, handshake, duplex, role, sink).start();
              } catch (Throwable thrown) {
                // Of foreign code before there was a deadline, such as a subscriber's context.
                Callbacks.reportFatal("a handshake", thrown);
                duplex.dispose();
                sink.error(SessionFailures.of(thrown));
              }
            });
    return HandOver.of(established, PeerConnection::dispose, duplex.scheduler());
  }

  private Handshake handshake(Role role) {
    Dialect first = config.dialects.get(0);
    if (role == Role.ACCEPTOR && config.dialects.size() > 1) {
      return new FirstByteHandshake(handshake(Frames.SUITE), bolt8());
    }
    return first == Dialect.BOLT8 ? bolt8() : handshake(Frames.SUITE);
  }

  private Handshake bolt8() {
    return Bolt8Handshake.of(config.nodeKey, config.keys, config.curveScheduler)
        .expected(config.expected);
  }

  /** Version 3's, with records of a suite up to an upgrade. */
  Handshake handshake(RecordSuite records) {
    return V3Handshake.of(config.nodeKey, config.keys, config.curveScheduler)
        .expected(config.expected)
        .upgrade(config.upgrade)
        .features(config.features)
        .records(records);
  }

  /**
   * Makes work part of a session: the session's observation is in the work's Reactor context.
   *
   * @param connection whose work it is; only one that {@link #establish} made has an observation
   * @param work the work
   * @param <T> what it gives
   * @return the work, which completes and errors as it did
   */
  public static <T> Mono<T> within(PeerConnection<?> connection, Mono<T> work) {
    PeerSession<?> session = sessionOf(connection);
    return session == null ? work : work.contextWrite(session::within);
  }

  /**
   * The end of a connection, for who only watches it: {@link PeerConnection#onClose()} counts as a
   * use, and a connection that its dial's subscriber has dropped is closed as long as nobody uses
   * it.
   *
   * @param connection whose end; of one that {@link #establish} did not make, it is {@code
   *     onClose()}
   * @return emits the reason once the connection is closed; never errors
   */
  public static Mono<CloseReason> endOf(PeerConnection<?> connection) {
    PeerSession<?> session = sessionOf(connection);
    return session == null ? connection.onClose() : session.end();
  }

  /** The session that a connection is, or that it has given requests. */
  private static @Nullable PeerSession<?> sessionOf(PeerConnection<?> connection) {
    Object found = connection instanceof Decorated outer ? outer.decorated() : connection;
    return found instanceof PeerSession<?> session ? session : null;
  }

  @Override
  public String toString() {
    NodeId pinned = config.expected;
    return "SessionSpec[%s, expects %s, %s]"
        .formatted(config.nodeKey, pinned == null ? "anyone" : pinned, config.timeouts);
  }
}
