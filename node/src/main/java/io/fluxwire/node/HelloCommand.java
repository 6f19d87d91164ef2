package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import reactor.core.publisher.Mono;

/** The smoke test, dialling. */
@Command(
    name = "hello",
    description = {
      "Dial a peer, do the old daemon's smoke test, and print 'hello from HEX'.",
      "On failure one line on standard error says which stage failed and why."
    })
final class HelloCommand implements Callable<Integer> {

  @ParentCommand private Main main;
  @Mixin private RemoteOptions remote;

  @Option(
      names = "--timeout",
      defaultValue = "10s",
      paramLabel = "TIME",
      description = "The limit for all of it. Default: ${DEFAULT-VALUE}.")
  private Duration timeout;

  private final DialProgress progress = new DialProgress();

  @Override
  public Integer call() throws IOException {
    NodeId peer =
        remote
            .client(PacketCodec.pkt(), null)
            .doOnDial(progress)
            .observe(progress)
            .connect()
            .flatMap(this::greet)
            .timeout(timeout)
            .onErrorMap(TimeoutException.class, e -> timedOut())
            .onErrorResume(failure -> remote.allClosed().then(Mono.error(failure)))
            .block();
    main.out().say("hello from " + peer);
    return 0;
  }

  private Mono<NodeId> greet(PeerConnection<Pkt> peer) {
    progress.awaits("hello from " + peer.remoteId());
    Mono<Pkt> answer =
        peer.receive()
            .filter(Hello::is)
            .next()
            .switchIfEmpty(
                Mono.error(
                    () ->
                        new IllegalStateException(
                            "hello failed: the peer closed without saying it")));
    return peer.sendOne(Hello.packet())
        // When the connection ends here, receive() says why.
        .onErrorComplete()
        .then(answer)
        .map(hello -> peer.remoteId())
        .delayUntil(id -> peer.close())
        // Once cancelled: before, the end that this makes would be an error that nobody awaits.
        .doFinally(signal -> RemoteOptions.dispose(peer));
  }

  private PeerTimeoutException timedOut() {
    return new PeerTimeoutException(
        Reason.HANDSHAKE_TIMEOUT,
        "not done within %d ms: still waiting for %s".formatted(timeout.toMillis(), progress));
  }
}
