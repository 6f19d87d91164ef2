package io.fluxwire.netty;

import io.fluxwire.PeerConnection;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** A program that meets peers, cleans up and returns: {@link ThreadsTest} watches what is left. */
final class ShortLife {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private ShortLife() {}

  public static void main(String[] args) throws InterruptedException {
    // No daemons: this process ends only if they do.
    LoopResources loops = LoopResources.create("fluxwire-loops", 2, false);
    DisposablePeerServer server =
        PeerServer.create()
            .host("127.0.0.1")
            .tcp(tcp -> tcp.runOn(loops))
            .handle(peer -> peer.send(peer.receive().filter(Hello::is)))
            .bindNow();
    for (int i = 0; i < 10; i++) {
      PeerConnection<Pkt> peer =
          PeerClient.create()
              .remote(server.address())
              .expect(server.id())
              .tcp(tcp -> tcp.runOn(loops))
              .connect()
              .block(LIMIT);
      peer.send(Mono.just(Hello.packet())).subscribe();
      if (peer.receive().filter(Hello::is).blockFirst(LIMIT) != null) {
        System.out.println("answered");
      }
      if (i % 2 == 0) {
        peer.close().block(LIMIT);
        // What the server has not seen the end of would be in its report.
        int open = i / 2;
        Flux.interval(Duration.ofMillis(5))
            .takeUntil(tick -> server.peerCount() == open)
            .blockLast(LIMIT);
      }
    }
    System.out.println("curve threads: " + !alive("fluxwire-curve").isEmpty());
    System.out.println(server.disposeNow(LIMIT));
    loops.disposeLater(Duration.ZERO, LIMIT).block(LIMIT);
    for (Thread thread : alive("fluxwire")) {
      thread.join(TimeUnit.MINUTES.toMillis(2));
    }
    System.out.println("left: " + alive("fluxwire"));
  }

  private static List<Thread> alive(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(name))
        .toList();
  }
}
