package io.fluxwire.docs;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.access.BanList;
import io.fluxwire.access.CidrList;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The pages of recipes and on deployment. */
final class Recipes {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final CidrList FRIENDS = CidrList.of("198.51.100.0/24");

  private Recipes() {}

  static void stop(
      DisposablePeerServer server, PeerChannel<Pkt> channel, PeerLink<Pkt> link, BanList bans) {
    server.close();
    channel.close().block(LIMIT);
    link.close();
    bans.flush().block(LIMIT);
  }

  static void stopWithTheProcess(Runnable stop) {
    Runtime.getRuntime().addShutdownHook(new Thread(stop, "stop"));
  }

  static DisposablePeerServer serveOne(
      PeerServer<Pkt> server, Function<PeerConnection<Pkt>, Mono<Void>> work) {
    Sinks.Empty<Void> served = Sinks.empty();
    DisposablePeerServer running =
        server
            .handle(peer -> work.apply(peer).doOnSuccess(done -> served.tryEmitEmpty()))
            .bindNow();
    served.asMono().subscribe(null, null, running::dispose);
    return running;
  }

  static Mono<Void> takeOne(PeerConnection<Pkt> peer, Consumer<Pkt> taken) {
    return peer.receive().next().single().doOnNext(taken).then(peer.sendOne(Hello.packet()));
  }

  static Flux<Pkt> overEachConnection(PeerLink<Pkt> link) {
    return link.connection()
        .flatMapMany(peer -> peer.receive().onErrorComplete(PeerException.class))
        .repeat();
  }

  static PeerServer<Pkt> forMany(PeerServer<Pkt> server) {
    return server.limits(
        limits ->
            limits.connections(5_500).handshakes(512, 4).bytes(256L << 20).reserve(64, FRIENDS));
  }

  static PeerServer<Pkt> behindBalancers(PeerServer<Pkt> server, CidrList balancers) {
    return server
        .limits(limits -> limits.shared(balancers))
        .upgrade(UpgradePolicy.allowed().keepAlive(Duration.ofSeconds(30), Duration.ofSeconds(10)));
  }

  static PeerServer<Pkt> behindProxies(PeerServer<Pkt> server, BanList bans) {
    return server
        .proxyProtocol(CidrList.of("10.0.0.0/24"))
        .admit(bans.addresses())
        .limits(limits -> limits.perIpv4Address(16));
  }
}
