package io.fluxwire.fleet.jgroups;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jgroups.Address;
import reactor.core.scheduler.Scheduler;

/**
 * What a member tells the others: the peers it holds, and the rules it knows. Who is new to it is
 * told everything, then every change. Thread-safe; its lock is not held while something is sent.
 */
final class Announcer {

  private final InstanceId self;
  private final EngineListener listener;
  private final RuleBook rules;
  private final FleetChannel channel;
  private final Scheduler scheduler;

  /** Orders the changes of this member for all feeds. */
  private final Object own = new Object();

  /** Changed under own; read by any thread. */
  private final Rows ownRows = new Rows();

  /** Guarded by own. */
  private List<Feed> feeds = List.of();

  /**
   * Tells nobody yet.
   *
   * @param listener knows what this instance holds
   * @param rules what others have set goes into it, too
   * @param scheduler runs what blocks
   */
  Announcer(
      InstanceId self,
      EngineListener listener,
      RuleBook rules,
      FleetChannel channel,
      Scheduler scheduler) {
    this.self = self;
    this.listener = listener;
    this.rules = rules;
    this.channel = channel;
    this.scheduler = scheduler;
  }

  /** The rows of this instance. */
  Rows rows() {
    return ownRows;
  }

  /** What the instance holds and knows: so nothing is missing that it has not said on this link. */
  void takeOwn() {
    synchronized (own) {
      listener.own().forEach(row -> ownRows.put(Row.of(row.peer(), row.epoch())));
      listener.ownRules().forEach(rules::enter);
    }
  }

  /** A new feed for another member. It gets no changes before it is given to {@link #setFeeds}. */
  Feed feedFor(Address member) {
    return new Feed(new ToMember(member), scheduler);
  }

  /** Who gets the changes from now on. */
  void setFeeds(List<Feed> now) {
    synchronized (own) {
      feeds = now;
    }
  }

  void close() {
    synchronized (own) {
      feeds.forEach(Feed::close);
      feeds = List.of();
    }
  }

  void hold(NodeId peer, long epoch) {
    Row row = Row.of(peer, epoch);
    synchronized (own) {
      ownRows.put(Row.of(peer, epoch));
      change(new Change.Held(row));
    }
  }

  void release(NodeId peer, long epoch) {
    Row row = Row.of(peer, epoch);
    synchronized (own) {
      if (ownRows.remove(row)) {
        change(new Change.Released(row));
      }
    }
  }

  /**
   * Sets a rule for all instances.
   *
   * @param toSelf by which this instance is told, too
   * @throws FleetEngineException when the rule is too large, or there are too many
   */
  void set(AccessRule rule, Feed toSelf) {
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
        throw new FleetEngineException(Kind.FAILED, RuleBook.TOO_MANY, null);
      }
      if (entry == RuleBook.Entry.TAKEN) {
        change(new Change.Ruled(rule));
        toSelf.add(new Change.Ruled(rule));
      }
    }
  }

  /** Under own. */
  private void change(Change change) {
    feeds.forEach(feed -> feed.add(change));
  }

  /** To another member, by JGroups. */
  private final class ToMember implements Feed.Out {

    private final Address address;

    ToMember(Address address) {
      this.address = address;
    }

    @Override
    public void send(byte[] frame) throws Exception {
      channel.send(address, frame);
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
}
