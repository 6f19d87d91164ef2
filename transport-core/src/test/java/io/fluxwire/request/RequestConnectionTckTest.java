package io.fluxwire.request;

import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.testing.PeerConnectionTck;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A connection with requests is one that keeps the contract of all. */
class RequestConnectionTckTest extends PeerConnectionTck<Word> {

  private final Scheduler loop = Schedulers.newSingle("loop", true);

  @Override
  protected void stop() {
    loop.disposeGracefully().block();
  }

  @Override
  protected Ends<Word> connect() {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(loop);
    Mono<PeerConnection<Word>> acceptor = establish(ends.acceptor(), Role.ACCEPTOR);
    return establish(ends.dialer(), Role.DIALER).zipWith(acceptor, Ends::new).block();
  }

  private static Mono<PeerConnection<Word>> establish(MemoryDuplex duplex, Role role) {
    return SessionSpec.of(NodeKey.generate())
        .codec(Word.CODEC)
        .upgrade(UpgradePolicy.allowed())
        .requests(Word.requests())
        .establish(duplex, role);
  }

  @Override
  protected Word packet(int number) {
    return Word.say("packet " + number);
  }
}
