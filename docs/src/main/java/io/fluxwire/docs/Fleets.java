package io.fluxwire.docs;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.Undelivered;
import io.fluxwire.access.Authorizer;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSendException;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** The page on fleets. */
final class Fleets {

  private Fleets() {}

  static FleetGroup<Pkt> join(NodeKey key, FleetEngine engine, String name) {
    PeerGroup<Pkt> local = PeerGroup.of(key.id());
    FleetGroup<Pkt> fleet = FleetGroup.of(local, PacketCodec.pkt(), engine, FleetSpec.of(name));
    fleet.join().retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))).subscribe();
    return fleet;
  }

  static DisposablePeerServer listen(NodeKey key, FleetGroup<Pkt> fleet) {
    return PeerServer.create(key, PacketCodec.pkt())
        .refuseWhile(fleet::isDraining)
        .admit(fleet.addresses())
        .authorize(fleet.authorizer(Authorizer.anyone()))
        .handle(fleet.local()::accept)
        .bindNow();
  }

  static Mono<Void> tell(FleetGroup<Pkt> fleet, NodeId peer, Pkt packet) {
    return fleet
        .send(peer, Mono.just(packet), Duration.ofSeconds(5))
        .onErrorResume(
            FleetSendException.class,
            failure ->
                failure.reason() == Reason.PEER_NOT_HELD
                    ? Mono.fromRunnable(() -> System.out.println(peer + " is away"))
                    : Mono.error(failure));
  }

  static void dialAll(FleetGroup<Pkt> fleet, NodeKey key, Map<NodeId, String> hosts) {
    hosts.forEach(
        (peer, host) ->
            fleet.dial(
                peer, PeerClient.create(key, PacketCodec.pkt()).remote(host, 4700).expect(peer)));
  }

  static Mono<Undelivered> stop(FleetGroup<Pkt> fleet, DisposablePeerServer server, Duration over) {
    return fleet.drain(over).doFinally(signal -> server.dispose());
  }
}
