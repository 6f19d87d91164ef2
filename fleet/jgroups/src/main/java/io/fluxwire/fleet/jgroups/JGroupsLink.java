package io.fluxwire.fleet.jgroups;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.Callbacks;
import java.net.BindException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jgroups.JChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * An instance's place in a fleet over JGroups. Each member keeps what all others hold. Who is new
 * to a member is told everything by it, then every change; after a cut has ended, all tell all
 * others everything. JGroups' messages to all are not used, since they are not in order with what
 * one member is told alone, and over TCP they save nothing.
 *
 * <p>{@link Members} takes what comes in, and {@link Announcer} tells what this instance holds.
 * What the application calls takes no lock that is held for long.
 */
final class JGroupsLink implements EngineLink {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.fleet");

  /** How often is looked for what is overdue. */
  private static final Duration TICK = Duration.ofSeconds(1);

  private static final int MAX_THREADS = 256;
  private static final int IDLE_SECONDS = 30;

  private final InstanceId self;
  private final TlsSockets sockets;
  private final MonoSink<EngineLink> joined;
  private final Scheduler scheduler =
      Schedulers.newBoundedElastic(
          MAX_THREADS, Integer.MAX_VALUE, "fluxwire-fleet-jgroups", IDLE_SECONDS, true);
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(JGroupsLink::timerThread);
  private final RuleBook rules = new RuleBook(Clock.systemUTC());
  private final Sinks.Empty<Void> left = Sinks.empty();
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.JOINING);

  private final FleetChannel channel;
  private final Announcer announcer;
  private final Members members;

  private enum Phase {
    JOINING,
    MEMBER,
    LEFT
  }

  JGroupsLink(
      EngineConfig config,
      InstanceId self,
      EngineListener listener,
      TlsSockets sockets,
      MonoSink<EngineLink> joined) {
    this.self = self;
    this.sockets = sockets;
    this.joined = joined;
    this.channel = new FleetChannel(config, self, sockets);
    this.announcer = new Announcer(self, listener, rules, channel, scheduler);
    this.members =
        new Members(
            self,
            listener,
            rules,
            channel,
            announcer,
            scheduler,
            this::hasLeft,
            this::completeJoining);
  }

  private static Thread timerThread(Runnable task) {
    Thread thread = new Thread(task, "fluxwire-fleet-jgroups-timer");
    thread.setDaemon(true);
    return thread;
  }

  // ---- joining and leaving

  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the timer
  void start() {
    timer.scheduleWithFixedDelay(
        () -> Callbacks.run("the clock of a fleet's engine", this::tick),
        TICK.toMillis(),
        TICK.toMillis(),
        TimeUnit.MILLISECONDS);
    scheduler.schedule(this::connect);
  }

  private void connect() {
    try {
      announcer.takeOwn();
      channel.connect(members);
      if (hasLeft()) {
        channel.close();
        return;
      }
      channel.checkKey();
      members.connected();
    } catch (Exception e) {
      FleetEngineException failure = failure(e);
      leave().subscribe(null, null, () -> joined.error(failure));
    }
  }

  private static FleetEngineException failure(Exception thrown) {
    if (thrown instanceof FleetEngineException told) {
      return told;
    }
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof BindException) {
        return new FleetEngineException(
            Kind.FAILED,
            "the engine cannot listen: %s; give it a free port and an address of this machine"
                .formatted(t.getMessage()),
            thrown);
      }
    }
    return new FleetEngineException(
        Kind.FAILED, "the fleet could not be joined: " + thrown.getMessage(), thrown);
  }

  /** Once it knows what the others have to tell, or does not want to wait for it any longer. */
  private void completeJoining() {
    if (phase.compareAndSet(Phase.JOINING, Phase.MEMBER)) {
      joined.success(this);
    }
  }

  private boolean hasLeft() {
    return phase.get() == Phase.LEFT;
  }

  @Override
  public Mono<Void> leave() {
    return Mono.defer(
        () -> {
          if (phase.getAndSet(Phase.LEFT) != Phase.LEFT) {
            // Its own threads end with it.
            Schedulers.boundedElastic().schedule(this::close);
          }
          return left.asMono();
        });
  }

  private void close() {
    try {
      channel.close();
    } catch (RuntimeException e) {
      LOG.debug("the channel did not close", e);
    } finally {
      timer.shutdownNow();
      sockets.closeAll();
      announcer.close();
      members.toSelf().close();
      scheduler.dispose();
      left.tryEmitEmpty();
    }
  }

  /** For tests, which do to it what happens to a network or a process. */
  @Nullable JChannel channel() {
    return channel.jgroups();
  }

  private void tick() {
    sockets.closeOverdue();
    members.tick();
  }

  // ---- what the application calls

  private Mono<Void> step(Runnable step) {
    return Mono.fromRunnable(
        () -> {
          checkMember();
          step.run();
        });
  }

  private void checkMember() {
    if (hasLeft()) {
      throw new FleetEngineException(Kind.LEFT, self + " has left the fleet; join again", null);
    }
  }

  @Override
  public InstanceId self() {
    return self;
  }

  @Override
  public Mono<Void> hold(NodeId peer, long epoch) {
    return step(() -> announcer.hold(peer, epoch));
  }

  @Override
  public Mono<Void> release(NodeId peer, long epoch) {
    return step(() -> announcer.release(peer, epoch));
  }

  @Override
  public Mono<Holding> find(NodeId peer) {
    return Mono.fromSupplier(
        () -> {
          checkMember();
          Row wanted = Row.of(peer, 0);
          Holding best = found(announcer.rows(), wanted, peer, self);
          for (Map.Entry<InstanceId, Peer> member : members.byId().entrySet()) {
            Holding other = found(member.getValue().rows(), wanted, peer, member.getKey());
            if (best == null || (other != null && Holding.BY_EPOCH.compare(other, best) > 0)) {
              best = other;
            }
          }
          return best;
        });
  }

  private static @Nullable Holding found(Rows rows, Row wanted, NodeId peer, InstanceId instance) {
    Row row = rows.find(wanted);
    return row == null ? null : new Holding(peer, instance, row.epoch());
  }

  @Override
  public Flux<Holding> holdings() {
    return Flux.defer(
            () -> {
              checkMember();
              Stream<Holding> others =
                  members.byId().entrySet().stream()
                      .flatMap(
                          member ->
                              member.getValue().rows().stream()
                                  .map(row -> row.of(member.getKey())));
              return Flux.fromStream(
                  Stream.concat(announcer.rows().stream().map(row -> row.of(self)), others));
            })
        // To make ids of a hundred thousand rows takes seconds.
        .subscribeOn(Schedulers.boundedElastic());
  }

  @Override
  public Mono<Void> send(InstanceId to, byte[] message) {
    return Mono.defer(
        () -> {
          checkMember();
          if (message.length > JGroupsEngine.MAX_MESSAGE) {
            throw new FleetEngineException(
                Kind.TOO_LARGE,
                "a message of %,d bytes; up to %,d are possible"
                    .formatted(message.length, JGroupsEngine.MAX_MESSAGE),
                null);
          }
          Peer peer = members.byId().get(to);
          if (peer == null) {
            throw new FleetEngineException(
                Kind.NO_MEMBER, to + " is no member; look the peer up again", null);
          }
          return peer.feed().send(message);
        });
  }

  @Override
  public int maxMessage() {
    return JGroupsEngine.MAX_MESSAGE;
  }

  @Override
  public Mono<Void> set(AccessRule rule) {
    return step(() -> announcer.set(rule, members.toSelf()));
  }

  @Override
  public Flux<AccessRule> rules() {
    return Flux.defer(
        () -> {
          checkMember();
          return Flux.fromIterable(rules.all());
        });
  }
}
