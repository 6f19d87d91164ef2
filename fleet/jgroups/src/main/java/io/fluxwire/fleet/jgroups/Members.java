package io.fluxwire.fleet.jgroups;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.LogGate;
import io.fluxwire.internal.PrintableText;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jgroups.Address;
import org.jgroups.MergeView;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.jgroups.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;

/**
 * The members that this instance knows, by what comes in, and the calls of its listener. All that
 * comes in is handled under one lock, on JGroups' threads: while the listener takes its time,
 * JGroups takes no more from the network. Thread-safe.
 */
final class Members implements Receiver {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.fleet");

  /** How much of what others have sent goes into a line of the log. */
  private static final int MAX_TEXT = 200;

  private final InstanceId self;
  private final EngineListener listener;
  private final RuleBook rules;
  private final FleetChannel channel;
  private final Announcer announcer;
  private final BooleanSupplier hasLeft;
  private final Runnable ready;
  private final LogGate malformed = new LogGate();
  private final LogGate tooManyRules = new LogGate();

  /** Stands for this member where JGroups is not involved. */
  private final Address selfAddress = UUID.randomUUID();

  private final Peer selfPeer;

  /** Serializes what comes in and the calls of the listener. */
  private final ReentrantLock calls = new ReentrantLock();

  // Guarded by calls.
  private final Map<Address, Peer> peers = new HashMap<>();
  private final CatchUp catchUp = new CatchUp();
  private @Nullable Set<InstanceId> toldMembers;

  /** Replaced under calls; read by any thread. */
  private volatile Map<InstanceId, Peer> members = Map.of();

  /**
   * Knows of nobody yet.
   *
   * @param rules what others have set goes into it
   * @param announcer tells each new member everything
   * @param scheduler runs what blocks
   * @param hasLeft whether the listener is not told anything any more
   * @param ready run, under the lock and more than once, when this instance knows what the others
   *     have to tell, or does not want to wait for it any longer
   */
  Members(
      InstanceId self,
      EngineListener listener,
      RuleBook rules,
      FleetChannel channel,
      Announcer announcer,
      Scheduler scheduler,
      BooleanSupplier hasLeft,
      Runnable ready) {
    this.self = self;
    this.listener = listener;
    this.rules = rules;
    this.channel = channel;
    this.announcer = announcer;
    this.hasLeft = hasLeft;
    this.ready = ready;
    this.selfPeer = new Peer(new Feed(new ToSelf(), scheduler));
    selfPeer.begin(self);
    selfPeer.end();
  }

  /** All that this instance can reach, itself among them. Takes no lock. */
  Map<InstanceId, Peer> byId() {
    return members;
  }

  /** What this instance tells itself. */
  Feed toSelf() {
    return selfPeer.feed();
  }

  /** The channel is connected: what the others have to tell is waited for, but not for long. */
  void connected() {
    locked(
        () -> {
          catchUp.connected();
          checkReady();
        });
  }

  /** Looks for what is overdue, but not while something is handled. */
  void tick() {
    if (calls.tryLock()) {
      try {
        peers.values().stream()
            .filter(Peer::isSilent)
            .forEach(peer -> peer.feed().askForEverything());
        checkReady();
      } finally {
        calls.unlock();
      }
    }
  }

  private void checkReady() {
    if (catchUp.isReady(peers.values())) {
      ready.run();
    }
  }

  private void locked(Runnable step) {
    calls.lock();
    try {
      step.run();
    } finally {
      calls.unlock();
    }
  }

  private void tell(Consumer<EngineListener> call) {
    if (!hasLeft.getAsBoolean()) {
      Callbacks.run("the listener of a fleet's engine", () -> call.accept(listener));
    }
  }

  // ---- who is a member

  @Override
  public void viewAccepted(View view) {
    locked(() -> view(view));
  }

  private void view(View view) {
    Set<Address> present = new HashSet<>(view.getMembers());
    Address own = channel.address();
    if (own != null) {
      present.remove(own);
    }
    peers.entrySet().removeIf(peer -> hasGone(peer.getKey(), peer.getValue(), present));
    List<Peer> toTell = new ArrayList<>();
    for (Address address : present) {
      if (!peers.containsKey(address)) {
        Peer peer = new Peer(announcer.feedFor(address));
        peers.put(address, peer);
        toTell.add(peer);
      }
    }
    if (view instanceof MergeView) {
      announcer.takeOwn();
      catchUp.merging(present);
      toTell = List.copyOf(peers.values());
    }
    announcer.setFeeds(peers.values().stream().map(Peer::feed).toList());
    toTell.forEach(peer -> peer.feed().tellEverything());
    tellMembers();
    tellMissed();
    checkReady();
  }

  private boolean hasGone(Address address, Peer peer, Set<Address> present) {
    boolean gone = !present.contains(address);
    if (gone) {
      peer.feed().close();
      catchUp.remove(address);
    }
    return gone;
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
    if (catchUp.takeMerged()) {
      tell(EngineListener::missed);
    }
  }

  // ---- what each has told

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

  /** Does what a frame says. Under calls. */
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
        tooManyRules.tell(count -> LOG.warn("{} rules were dropped: {}", count, RuleBook.TOO_MANY));
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
        catchUp.remove(from);
        tellMissed();
        checkReady();
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
}
