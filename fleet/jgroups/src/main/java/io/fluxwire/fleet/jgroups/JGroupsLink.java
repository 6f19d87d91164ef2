package io.fluxwire.fleet.jgroups;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.LogGate;
import io.fluxwire.internal.PrintableText;
import java.net.BindException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.JChannel;
import org.jgroups.MergeView;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.jgroups.util.UUID;
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
 * <p>What comes in is handled under one lock, on JGroups' threads: while the listener takes its
 * time, JGroups takes no more from the network. What the application calls takes no lock that is
 * held for long.
 */
final class JGroupsLink implements EngineLink, Receiver {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.fleet");

  /** How often is looked for what is overdue. */
  private static final Duration TICK = Duration.ofSeconds(1);

  /** For how long a new member waits for what the others have to tell, before it goes on. */
  private static final Duration HEARING = Duration.ofSeconds(10);

  private static final String TOO_MANY_RULES =
      "a fleet can have %,d rules at a time; lift some, or let them end sooner"
          .formatted(RuleBook.MAX_RULES);

  /** How much of what others have sent goes into a line of the log. */
  private static final int MAX_TEXT = 200;

  private static final int MAX_THREADS = 256;
  private static final int IDLE_SECONDS = 30;

  private final EngineConfig config;
  private final InstanceId self;
  private final EngineListener listener;
  private final TlsSockets sockets;
  private final MonoSink<EngineLink> joined;
  private final Scheduler scheduler =
      Schedulers.newBoundedElastic(
          MAX_THREADS, Integer.MAX_VALUE, "fluxwire-fleet-jgroups", IDLE_SECONDS, true);
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(JGroupsLink::timerThread);
  private final RuleBook rules = new RuleBook(Clock.systemUTC());
  private final LogGate malformed = new LogGate();
  private final LogGate tooManyRules = new LogGate();
  private final Sinks.Empty<Void> left = Sinks.empty();
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.JOINING);

  /** Serializes what comes in and the calls of the listener. */
  private final ReentrantLock calls = new ReentrantLock();

  // Guarded by calls.
  private final Map<Address, Peer> peers = new HashMap<>();

  /** Who has not told everything yet since a cut has ended. */
  private final Set<Address> awaited = new HashSet<>();

  private @Nullable Set<InstanceId> toldMembers;
  private boolean merging;
  private boolean connected;
  private long hearingEnds;

  /** Orders the changes of this member for all feeds. */
  private final Object own = new Object();

  private final Rows ownRows = new Rows();

  /** Stands for this member where JGroups is not involved. */
  private final Address selfAddress = UUID.randomUUID();

  private final Peer selfPeer;

  /** Guarded by own. */
  private List<Feed> feeds = List.of();

  private volatile Map<InstanceId, Peer> members = Map.of();
  private volatile @Nullable JChannel channel;

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
    this.config = config;
    this.self = self;
    this.listener = listener;
    this.sockets = sockets;
    this.joined = joined;
    this.selfPeer = new Peer(new Feed(new ToSelf(), scheduler));
    selfPeer.begin(self);
    selfPeer.end();
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
      takeOwn();
      JChannel made = Stack.channel(config, sockets).setName(self.toString());
      made.setReceiver(this).setDiscardOwnMessages(true);
      channel = made;
      made.connect(config.fleet());
      if (phase.get() == Phase.LEFT) {
        made.close();
        return;
      }
      checkKey(made);
      connected();
    } catch (Exception e) {
      FleetEngineException failure = failure(e);
      leave().subscribe(null, null, () -> joined.error(failure));
    }
  }

  /** Whoever has another key must not take itself for the first of its fleet. */
  private void checkKey(JChannel made) {
    Object stranger = sockets.refusals().otherKey();
    View view = made.getView();
    if (stranger != null && view != null && view.size() == 1) {
      throw new FleetEngineException(
          Kind.REFUSED,
          "%s, where instances of the fleet are looked for, has another key, and no instance has"
                  .formatted(stranger)
              + " this one; give all instances the same key",
          null);
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

  private void connected() {
    locked(
        () -> {
          connected = true;
          hearingEnds = System.nanoTime() + HEARING.toNanos();
          completeJoining();
        });
  }

  /** Once it knows what the others have to tell, or does not want to wait for it any longer. */
  private void completeJoining() {
    boolean all = peers.values().stream().allMatch(peer -> peer.state() == Peer.State.KNOWN);
    boolean late = System.nanoTime() - hearingEnds >= 0;
    if (connected && (all || late) && phase.compareAndSet(Phase.JOINING, Phase.MEMBER)) {
      joined.success(this);
    }
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
      JChannel made = channel;
      if (made != null) {
        made.close();
      }
    } catch (RuntimeException e) {
      LOG.debug("the channel did not close", e);
    } finally {
      timer.shutdownNow();
      sockets.closeAll();
      closeFeeds();
      scheduler.dispose();
      left.tryEmitEmpty();
    }
  }

  /** For tests, which do to it what happens to a network or a process. */
  @Nullable JChannel channel() {
    return channel;
  }

  private void closeFeeds() {
    synchronized (own) {
      feeds.forEach(Feed::close);
      feeds = List.of();
    }
    selfPeer.feed().close();
  }

  private void tick() {
    sockets.closeOverdue();
    if (calls.tryLock()) {
      try {
        peers.values().stream()
            .filter(Peer::isSilent)
            .forEach(peer -> peer.feed().askForEverything());
        completeJoining();
      } finally {
        calls.unlock();
      }
    }
  }

  // ---- what comes in

  private void locked(Runnable step) {
    calls.lock();
    try {
      step.run();
    } finally {
      calls.unlock();
    }
  }

  private void tell(Consumer<EngineListener> call) {
    if (phase.get() != Phase.LEFT) {
      Callbacks.run("the listener of a fleet's engine", () -> call.accept(listener));
    }
  }

  @Override
  public void viewAccepted(View view) {
    locked(() -> view(view));
  }

  private void view(View view) {
    Set<Address> present = new HashSet<>(view.getMembers());
    JChannel made = channel;
    if (made != null) {
      present.remove(made.getAddress());
    }
    peers.entrySet().removeIf(peer -> hasGone(peer.getKey(), peer.getValue(), present));
    List<Peer> toTell = new ArrayList<>();
    for (Address address : present) {
      if (!peers.containsKey(address)) {
        Peer peer = new Peer(new Feed(new ToMember(address), scheduler));
        peers.put(address, peer);
        toTell.add(peer);
      }
    }
    if (view instanceof MergeView) {
      takeOwn();
      merging = true;
      awaited.addAll(present);
      toTell = List.copyOf(peers.values());
    }
    synchronized (own) {
      feeds = peers.values().stream().map(Peer::feed).toList();
    }
    toTell.forEach(peer -> peer.feed().tellEverything());
    tellMembers();
    tellMissed();
    completeJoining();
  }

  private boolean hasGone(Address address, Peer peer, Set<Address> present) {
    boolean gone = !present.contains(address);
    if (gone) {
      peer.feed().close();
      awaited.remove(address);
    }
    return gone;
  }

  /** What the instance holds and knows: so nothing is missing that it has not said on this link. */
  private void takeOwn() {
    synchronized (own) {
      listener.own().forEach(row -> ownRows.put(Row.of(row.peer(), row.epoch())));
      listener.ownRules().forEach(rules::enter);
    }
  }

  private void tellMembers() {
    Map<InstanceId, Peer> now = new HashMap<>();
    now.put(self, selfPeer);
    for (Peer peer : peers.values()) {
      InstanceId instance = peer.instance();
      if (instance != null && now.put(instance, peer) != null) {
        LOG.warn("two instances of the fleet are called {}: one of them is not reached", instance);
      }
    }
    members = Map.copyOf(now);
    if (!now.keySet().equals(toldMembers)) {
      Set<InstanceId> told = Set.copyOf(now.keySet());
      toldMembers = told;
      tell(to -> to.members(told));
    }
  }

  /** Once all have told everything after a cut has ended. */
  private void tellMissed() {
    if (merging && awaited.isEmpty()) {
      merging = false;
      tell(EngineListener::missed);
    }
  }

  @Override
  public void receive(Message message) {
    locked(
        () -> {
          Peer peer = peers.get(message.getSrc());
          // Of one that is not in the view yet, or not any more: it is asked for everything later.
          if (peer != null && message.hasArray()) {
            read(
                ByteBuffer.wrap(message.getArray(), message.getOffset(), message.getLength()),
                message.getSrc(),
                peer);
          }
        });
  }

  private void read(ByteBuffer frame, Address from, Peer peer) {
    peer.heard();
    try {
      Frames.read(frame, new Incoming(from, peer));
    } catch (IllegalArgumentException e) {
      malformed.tell(
          count ->
              LOG.warn(
                  "{} messages of other instances were dropped, the last one of {}: {}. All"
                      + " instances should have the same version",
                  count,
                  peer.instance() == null ? from : peer.instance(),
                  PrintableText.of(String.valueOf(e.getMessage()), MAX_TEXT)));
    }
  }

  /** Does what a frame says. Under the link's lock. */
  private final class Incoming implements Frames.Reader {

    private final Address from;
    private final Peer peer;

    Incoming(Address from, Peer peer) {
      this.from = from;
      this.peer = peer;
    }

    @Override
    public void hello(InstanceId instance) {
      peer.begin(instance);
      tellMembers();
    }

    @Override
    public void held(Row row) {
      InstanceId instance = peer.instance();
      if (instance == null) {
        return;
      }
      if (peer.isKnown(row)) {
        peer.held(row);
      } else {
        // Checks the id, which takes some 30 microseconds: not again for what is known.
        Holding holding = row.of(instance);
        peer.held(row);
        tell(to -> to.held(holding));
      }
    }

    @Override
    public void released(Row row) {
      InstanceId instance = peer.instance();
      if (instance != null && peer.released(row)) {
        Holding holding = row.of(instance);
        tell(to -> to.released(holding));
      }
    }

    @Override
    public void ruled(AccessRule rule) {
      RuleBook.Entry entry = rules.enter(rule);
      if (entry == RuleBook.Entry.FULL) {
        tooManyRules.tell(count -> LOG.warn("{} rules were dropped: {}", count, TOO_MANY_RULES));
      } else if (entry == RuleBook.Entry.TAKEN || peer == selfPeer) {
        tell(to -> to.rule(rule));
      }
    }

    @Override
    public void end() {
      InstanceId instance = peer.instance();
      if (instance != null) {
        for (Row row : peer.end()) {
          Holding holding = row.of(instance);
          tell(to -> to.released(holding));
        }
        awaited.remove(from);
        tellMissed();
        completeJoining();
      }
    }

    @Override
    public void want() {
      peer.feed().tellEverything();
    }

    @Override
    public void message(byte[] message) {
      InstanceId instance = peer.instance();
      if (instance != null) {
        tell(to -> to.message(instance, message));
      }
    }
  }

  // ---- what goes out

  /** To another member, by JGroups. */
  private final class ToMember implements Feed.Out {

    private final Address address;

    ToMember(Address address) {
      this.address = address;
    }

    @Override
    public void send(byte[] frame) throws Exception {
      JChannel made = channel;
      if (made == null) {
        throw new IllegalStateException("there is no channel");
      }
      made.send(new BytesMessage(address, frame));
    }

    @Override
    public void sendEverything() throws Exception {
      send(Frames.hello(self));
      List<Change> batch = new ArrayList<>(Feed.BATCH);
      for (Change change : (Iterable<Change>) everything()::iterator) {
        batch.add(change);
        if (batch.size() == Feed.BATCH) {
          send(Frames.changes(batch));
          batch.clear();
        }
      }
      if (!batch.isEmpty()) {
        send(Frames.changes(batch));
      }
      send(Frames.end());
    }

    private Stream<Change> everything() {
      return Stream.concat(
          ownRows.stream().map(Change.Held::new), rules.all().stream().map(Change.Ruled::new));
    }
  }

  /** To this instance itself: JGroups has no part in that. */
  private final class ToSelf implements Feed.Out {

    @Override
    public void send(byte[] frame) {
      locked(() -> read(ByteBuffer.wrap(frame), selfAddress, selfPeer));
    }

    @Override
    public void sendEverything() {
      // It knows.
    }
  }

  private Mono<Void> step(Runnable step) {
    return Mono.fromRunnable(
        () -> {
          checkMember();
          step.run();
        });
  }

  private void checkMember() {
    if (phase.get() == Phase.LEFT) {
      throw new FleetEngineException(Kind.LEFT, self + " has left the fleet; join again", null);
    }
  }

  private void change(Change change) {
    feeds.forEach(feed -> feed.add(change));
  }

  @Override
  public InstanceId self() {
    return self;
  }

  @Override
  public Mono<Void> hold(NodeId peer, long epoch) {
    return step(
        () -> {
          Row row = Row.of(peer, epoch);
          synchronized (own) {
            ownRows.put(Row.of(peer, epoch));
            change(new Change.Held(row));
          }
        });
  }

  @Override
  public Mono<Void> release(NodeId peer, long epoch) {
    return step(
        () -> {
          Row row = Row.of(peer, epoch);
          synchronized (own) {
            if (ownRows.remove(row)) {
              change(new Change.Released(row));
            }
          }
        });
  }

  @Override
  public Mono<Holding> find(NodeId peer) {
    return Mono.fromSupplier(
        () -> {
          checkMember();
          Row wanted = Row.of(peer, 0);
          Holding best = found(ownRows, wanted, peer, self);
          for (Map.Entry<InstanceId, Peer> member : members.entrySet()) {
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
                  members.entrySet().stream()
                      .flatMap(
                          member ->
                              member.getValue().rows().stream()
                                  .map(row -> row.of(member.getKey())));
              return Flux.fromStream(
                  Stream.concat(ownRows.stream().map(row -> row.of(self)), others));
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
          Peer peer = members.get(to);
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
    return step(() -> enter(rule));
  }

  private void enter(AccessRule rule) {
    String target = rule.target();
    if (target.length() > Frames.MAX_TARGET || !US_ASCII.newEncoder().canEncode(target)) {
      throw new FleetEngineException(
          Kind.TOO_LARGE,
          "the target of a rule has to be up to %d characters of ASCII"
              .formatted(Frames.MAX_TARGET),
          null);
    }
    synchronized (own) {
      RuleBook.Entry entry = rules.enter(rule);
      if (entry == RuleBook.Entry.FULL) {
        throw new FleetEngineException(Kind.FAILED, TOO_MANY_RULES, null);
      }
      if (entry == RuleBook.Entry.TAKEN) {
        change(new Change.Ruled(rule));
        selfPeer.feed().add(new Change.Ruled(rule));
      }
    }
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
