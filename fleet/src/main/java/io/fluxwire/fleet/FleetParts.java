package io.fluxwire.fleet;

import io.fluxwire.group.PeerGroup;
import io.fluxwire.internal.SerialExecutor;
import io.fluxwire.packet.PacketCodec;
import java.time.Clock;
import java.time.ZoneOffset;

/**
 * The parts of an instance, wired together: each part has one concern, and knows only the parts
 * that it needs.
 */
final class FleetParts<P> {

  final FleetSpec spec;
  final FleetCounters counters = new FleetCounters();
  final SerialExecutor serial = new SerialExecutor();
  final Standing standing;
  final Bus bus;
  final HeldPeers<P> peers;
  final Directory directory;
  final Finder finder;
  final DialShare<P> dials;
  final Members members;
  final Forwarder<P> forwarder;
  final InboundForwards<P> inbound;
  final FrameRouter router;
  final Roster roster;
  final SharedRules rules;
  final FleetAccess<P> access;
  final Departure<P> departure;

  FleetParts(PeerGroup<P> local, PacketCodec<P> codec, FleetSpec spec) {
    this.spec = spec;
    Clock clock = new SchedulerClock(spec.scheduler(), ZoneOffset.UTC);
    this.standing = new Standing(clock);
    this.bus = new Bus(spec.instance(), this::receivedFromItself);
    this.peers = new HeldPeers<>(spec.instance(), spec, serial, counters);
    this.directory = new Directory(spec.instance(), bus, peers);
    this.finder = new Finder(spec.instance(), bus, spec.scheduler(), spec.cachedRows());
    this.dials = new DialShare<>(spec.instance(), local, finder, spec, serial, counters);
    this.members = new Members(spec, dials);
    this.forwarder = new Forwarder<>(codec, spec, bus, finder, counters);
    this.inbound = new InboundForwards<>(codec, spec, bus, peers, counters);
    this.router = new FrameRouter(spec, serial, members, inbound, forwarder, counters);
    this.roster = new Roster(serial, bus, spec.scheduler());
    this.rules = new SharedRules(spec.rules(), clock);
    this.access = new FleetAccess<>(rules, bus, peers, counters);
    this.departure = new Departure<>(local, peers, spec, serial, bus, members);
  }

  private void receivedFromItself(byte[] message) {
    router.received(spec.instance(), message);
  }
}
