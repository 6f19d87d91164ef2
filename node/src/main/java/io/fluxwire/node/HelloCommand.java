package io.fluxwire.node;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.lightning.LightningCodec;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import reactor.core.publisher.Mono;

/** The smoke test, dialling. */
@Command(
    name = "hello",
    description = {
      "Dial a peer, exchange a hello with it as the old daemon's smoke test does, and "
          + "print 'hello from HEX'.",
      "",
      "With --bolt8, the peer is a Lightning node, whose hello is init. It is printed with the "
          + "node's address, how long the handshake took, its features by the names and numbers "
          + "of BOLT 9, and the networks that it names.",
      "",
      "When it fails, one line on standard error says at which stage, why, and what "
          + "can be done."
    },
    footerHeading = "%nExample:%n",
    footer = {"  fluxwire hello host:9735", "  fluxwire hello --bolt8 ID@HOST:PORT"})
final class HelloCommand implements Callable<Integer> {

  @ParentCommand private Main main;
  @Mixin private RemoteOptions remote;

  @Mixin private JsonOption json;
  @Mixin private InitOptions features;

  @Option(
      names = "--timeout",
      defaultValue = "10s",
      paramLabel = "TIME",
      description = "How long all of it may take. Default: ${DEFAULT-VALUE}.")
  private Duration timeout;

  @Override
  public Integer call() throws IOException {
    Bolt8Option bolt8 = remote.bolt8();
    features.check(bolt8);
    json.choose(main, main.out());
    DialProgress progress = new DialProgress(bolt8.dialect());
    if (bolt8.isGiven()) {
      Event.Init init =
          dial(LightningCodec.create(), progress, peer -> exchangeInit(peer, progress));
      if (json.isGiven()) {
        main.narrator().say(init);
      } else {
        init.linesForPerson().forEach(main.out()::say);
      }
    } else {
      main.narrator().say(dial(PacketCodec.pkt(), progress, peer -> greet(peer, progress)));
    }
    return 0;
  }

  private <P, E extends Event> E dial(
      PacketCodec<P> codec, DialProgress progress, Function<PeerConnection<P>, Mono<E>> greet)
      throws IOException {
    return Objects.requireNonNull(
        remote
            .client(codec, null)
            .doOnDial(progress)
            .observe(progress)
            .connect()
            .flatMap(greet)
            .timeout(timeout)
            .onErrorMap(TimeoutException.class, e -> timedOut(progress))
            .onErrorResume(failure -> remote.allClosed().then(Mono.error(failure)))
            .block());
  }

  private Mono<Event.Init> exchangeInit(PeerConnection<ByteBuf> peer, DialProgress progress) {
    progress.awaits("init of " + peer.remoteId());
    return features
        .init()
        // The command's own limit comes first, and its error says more.
        .timeout(timeout.plusSeconds(1))
        .exchange(peer)
        .map(node -> Event.Init.of(node, progress.handshake()))
        .delayUntil(said -> peer.close())
        .doFinally(signal -> RemoteOptions.dispose(peer));
  }

  private Mono<Event.Hello> greet(PeerConnection<Pkt> peer, DialProgress progress) {
    progress.awaits("hello from " + peer.remoteId());
    Mono<Pkt> answer =
        peer.receive()
            .filter(Hello::is)
            .next()
            .switchIfEmpty(
                Mono.error(
                    () ->
                        new IllegalStateException(
                            "hello failed: the peer closed without saying it (start it as listen --hello, so that it answers)")));
    return peer.sendOne(Hello.packet())
        // When the connection ends here, receive() says why.
        .onErrorComplete()
        .then(answer)
        .map(hello -> new Event.Hello(peer.remoteId().toString()))
        .delayUntil(said -> peer.close())
        // Once cancelled: before, the end that this makes would be an error that nobody awaits.
        .doFinally(signal -> RemoteOptions.dispose(peer));
  }

  private RuntimeException timedOut(DialProgress progress) {
    String what =
        "not done within %d ms: still waiting for %s".formatted(timeout.toMillis(), progress);
    return progress.isConnected()
        ? new IllegalStateException(
            "hello failed: %s (it is connected; start it as %s, so that it answers)"
                .formatted(
                    what, remote.bolt8().isGiven() ? "listen --bolt8 --hello" : "listen --hello"))
        : new PeerTimeoutException(Reason.HANDSHAKE_TIMEOUT, what);
  }
}
