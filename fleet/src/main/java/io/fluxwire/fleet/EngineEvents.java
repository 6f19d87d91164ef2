package io.fluxwire.fleet;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * Passes on the engine's events, and reads the engine's rows and rules anew when events may have
 * been missed.
 */
final class EngineEvents<P> implements EngineListener {

  private final FleetParts<P> parts;
  private final Disposable.Swap taking = Disposables.swap();
  private final Disposable.Swap takingRules = Disposables.swap();

  /** Used only in turns. An engine may still report members after this instance has left. */
  private boolean left;

  EngineEvents(FleetParts<P> parts) {
    this.parts = parts;
  }

  /** This instance is a member by this link. In a turn. */
  void joined(EngineLink link) {
    parts.peers.joined(link);
    takeAll();
    // The engine reports the members before it gives the link over which they can be told.
    parts.departure.tellAllIfMakingWay();
  }

  /** This instance has left its fleet. In a turn. */
  void left() {
    left = true;
    taking.dispose();
    takingRules.dispose();
    parts.members.clear();
    parts.peers.left();
    parts.finder.members(Set.of());
    parts.forwarder.members(Set.of());
    parts.inbound.members(Set.of());
    parts.roster.left();
  }

  /** Reads the rows and rules as they are now, to make up for changes that were missed. */
  private void takeAll() {
    takingRules.update(
        parts
            .bus
            .link()
            .flatMapMany(EngineLink::rules)
            .subscribe(parts.access::take, failure -> {}));
    taking.update(
        parts
            .directory
            .rows(parts.peers::isOfInterest)
            .subscribe(
                rows -> parts.serial.execute(() -> parts.peers.allRows(rows)), failure -> {}));
  }

  @Override
  public void members(Set<InstanceId> now) {
    parts.serial.execute(
        () -> {
          if (!left) {
            update(now);
          }
        });
  }

  private void update(Set<InstanceId> now) {
    Set<InstanceId> before = parts.members.now();
    parts.members.update(now);
    if (parts.departure.makesWay()) {
      Set<InstanceId> unaware = new HashSet<>(now);
      unaware.removeAll(before);
      parts.departure.tell(unaware);
    }
    if (parts.peers.members(now)) {
      takeAll();
    }
    Set<InstanceId> members = parts.members.now();
    parts.finder.members(members);
    parts.forwarder.members(members);
    parts.inbound.members(members);
    parts.roster.members(members);
  }

  @Override
  public void held(Holding row) {
    parts.finder.held(row);
    parts.serial.execute(
        () -> {
          parts.peers.row(row);
          parts.roster.row(row, true);
        });
  }

  @Override
  public void released(Holding row) {
    parts.finder.released(row);
    parts.serial.execute(
        () -> {
          if (parts.peers.released(row)) {
            lookUpAgain(row);
          }
          parts.roster.row(row, false);
        });
  }

  /**
   * Reads the row that counts now for a peer that is connected here: a third instance may have it.
   */
  private void lookUpAgain(Holding released) {
    parts
        .directory
        .row(released.peer())
        .subscribe(row -> parts.serial.execute(() -> parts.peers.row(row)), failure -> {});
  }

  @Override
  public void rule(AccessRule rule) {
    parts.access.take(rule);
  }

  @Override
  public void message(InstanceId from, byte[] message) {
    parts.router.received(from, message);
  }

  @Override
  public void lost() {
    parts.standing.lost();
  }

  @Override
  public void missed() {
    parts.standing.back();
    parts.finder.missed();
    parts.serial.execute(
        () -> {
          parts.roster.missed();
          takeAll();
        });
  }

  @Override
  public Collection<Holding> own() {
    return parts.peers.rows();
  }

  @Override
  public Collection<AccessRule> ownRules() {
    return parts.rules.all();
  }
}
