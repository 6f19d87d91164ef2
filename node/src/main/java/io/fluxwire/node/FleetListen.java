package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.Authorizer;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.page.WatchedFleet;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** A listener that is one of many instances of its node. */
final class FleetListen implements Disposable {

  private static final Duration AGAIN = Duration.ofMillis(500);
  private static final Duration LATEST = Duration.ofSeconds(10);

  /** How many echoes may wait for their peers at the same time. */
  private static final int ECHOES = 1_024;

  private final Main main;
  private final FleetGroup<ByteString> fleet;
  private final Disposable echoing;

  FleetListen(Main main, NodeKey key, FleetEngine engine, FleetSpec spec, boolean echo) {
    this.main = main;
    this.fleet = FleetGroup.of(PeerGroup.of(key.id()), new BytesCodec(), engine, spec);
    this.echoing =
        fleet
            .local()
            .receive()
            .filter(received -> echo && !received.packet().isEmpty())
            .flatMap(
                received -> received.connection().sendOne(received.packet()).onErrorComplete(),
                ECHOES)
            .subscribe();
  }

  PeerServer<ByteString> server(NodeKey key) {
    return PeerServer.create(key, new BytesCodec()).refuseWhile(fleet::isDraining);
  }

  Mono<Void> accept(PeerConnection<ByteString> peer) {
    return fleet.local().accept(peer);
  }

  Authorizer authorizer(Authorizer next) {
    return fleet.authorizer(next);
  }

  Predicate<InetAddress> addresses() {
    return fleet.addresses();
  }

  /** What a page shows of it. */
  WatchedFleet watched() {
    return WatchedFleet.of(fleet);
  }

  /**
   * Joins, and tries again for as long as that can help; the first failure is told.
   *
   * @return errors when the fleet refuses this instance; never completes. Cancelling gives up
   */
  Mono<Void> join() {
    AtomicBoolean told = new AtomicBoolean();
    return fleet
        .join()
        .doOnSuccess(joined -> main.narrator().tell(Event.Joined.of(fleet.snapshot())))
        .doOnError(failure -> tellOnce(told, failure))
        .retryWhen(
            Retry.backoff(Long.MAX_VALUE, AGAIN).maxBackoff(LATEST).filter(FleetListen::canPass))
        .then(Mono.never());
  }

  private void tellOnce(AtomicBoolean told, Throwable failure) {
    if (canPass(failure) && !told.getAndSet(true)) {
      main.err().tell("listen: not in the fleet yet, trying again: " + failure.getMessage());
    }
  }

  private static boolean canPass(Throwable failure) {
    return failure instanceof FleetEngineException engine
        && engine.kind() != FleetEngineException.Kind.REFUSED;
  }

  /** Makes way for the others: completes when this instance has left. */
  Mono<Void> drain(Duration over) {
    return fleet.drain(over).then();
  }

  @Override
  public void dispose() {
    echoing.dispose();
    fleet.dispose();
  }
}
