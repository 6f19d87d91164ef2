package io.fluxwire.node;

import io.fluxwire.NodeKey;
import io.fluxwire.PeerConnection;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.netty.channel.ChannelOption;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Two nodes in one process, over a real TCP connection. */
@Command(
    name = "demo",
    description = {
      "Two nodes in this process meet over loopback TCP, say hello, and stream packets both ways.",
      "A live line shows what flows; every packet's place in the stream is checked.",
      "With --chaos, a proxy between them resets, cuts, stalls, slows and garbles their",
      "connections; the streams resume on the next one, and every byte is checked."
    })
final class DemoCommand implements Callable<Integer> {

  /** A ping waits behind what is in the sockets; the system's default holds megabytes. */
  private static final int SOCKET_BUFFER = 256 * 1024;

  /** A payload may have 1 MiB; a packet is a little more than its body. */
  static final int MAX_SIZE = (1 << 20) - 64;

  private static final Duration LIVE_LINE = Duration.ofMillis(500);

  @Spec private CommandSpec spec;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      description = "How long to stream. Default: until Ctrl-C.")
  private @Nullable Duration duration;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      defaultValue = "1024",
      description = "The size of a packet's body. Default: ${DEFAULT-VALUE}.")
  private int size;

  @Option(names = "--chaos", description = "Break and slow the connections at random.")
  private boolean chaos;

  @Override
  public Integer call() {
    if (size < 0 || size > MAX_SIZE) {
      throw new ParameterException(
          spec.commandLine(), "--size is 0 to %,d, not %,d".formatted(MAX_SIZE, size));
    }
    Mono<Void> stop = StopSignal.received();
    if (chaos) {
      brave(stop);
      return 0;
    }
    PacketCodec<NodePkt> codec = PacketCodec.protobuf(NodePkt.getDefaultInstance());
    Sinks.One<PeerConnection<NodePkt>> accepted = Sinks.one();
    NodeKey alice = NodeKey.generate();
    NodeKey bob = NodeKey.generate();
    DisposablePeerServer listener =
        PeerServer.create()
            .host("127.0.0.1")
            .tcp(
                tcp ->
                    tcp.option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                        .childOption(ChannelOption.SO_SNDBUF, SOCKET_BUFFER))
            .nodeKey(alice)
            .codec(codec)
            .handle(
                peer -> {
                  accepted.tryEmitValue(peer);
                  return peer.onClose().then();
                })
            .bindNow();
    say("alice %s listens at %s", alice.id(), HostAndPort.format(listener.address()));

    long start = System.nanoTime();
    PeerConnection<NodePkt> dialled =
        Objects.requireNonNull(
            PeerClient.create()
                .remote("localhost", listener.port())
                .tcp(
                    tcp ->
                        tcp.option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                            .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER))
                .nodeKey(bob)
                .expect(alice.id())
                .codec(codec)
                .connect()
                .block());
    PeerConnection<NodePkt> answered = Objects.requireNonNull(accepted.asMono().block());
    say("bob   %s dialled", answered.remoteId());
    say("connected and authenticated in %.1f ms", (System.nanoTime() - start) / 1e6);

    DemoStream atBob = new DemoStream(dialled, size);
    DemoStream atAlice = new DemoStream(answered, size);
    Mono.when(atBob.hello(), atAlice.hello()).block();
    say("%s from alice, %s from bob", Hello.PROBLEM, Hello.PROBLEM);

    long streaming = System.nanoTime();
    stream(atAlice, atBob, stop);
    double seconds = (System.nanoTime() - streaming) / 1e9;

    Mono.when(dialled.close(), answered.close()).block();
    listener.disposeNow(Duration.ofSeconds(10));
    summarise(atAlice, atBob, seconds);
    return 0;
  }

  private void stream(DemoStream atAlice, DemoStream atBob, Mono<Void> stop) {
    boolean interactive = Boolean.getBoolean("fluxwire.terminal");
    Mono<?> end = end(stop);
    long[] last = {0, 0, System.nanoTime()};
    Flux.interval(LIVE_LINE)
        .onBackpressureDrop()
        .doOnNext(tick -> liveLine(atAlice, atBob, last, interactive))
        .mergeWith(Mono.when(atAlice.run(), atBob.run()).then(Mono.empty()))
        .takeUntilOther(end)
        .blockLast();
    if (interactive) {
      out().println();
    }
  }

  private Mono<?> end(Mono<Void> stop) {
    return duration == null ? stop : Mono.firstWithSignal(Mono.delay(duration), stop);
  }

  private void brave(Mono<Void> stop) {
    ChaosRun run = new ChaosRun(System.nanoTime(), size);
    say("alice %s", run.alice());
    say("bob   %s dials her through a network that fails", run.bob());
    boolean interactive = Boolean.getBoolean("fluxwire.terminal");
    long[] last = {0, 0, System.nanoTime()};
    try {
      run.run(end(stop), LIVE_LINE, now -> liveLine(now, last, interactive)).block();
    } finally {
      if (interactive) {
        out().println();
      }
      run.close();
    }
    Histogram gaps = run.gapNanos();
    say(
        "%,d packets, %,.1f MB, over %,d connections",
        run.packets(), run.bytes() / 1e6, run.connections());
    say("faults: %s", run.chaos().summary());
    say(
        "the streams took up again after %.0f ms in the middle, %.0f ms at worst",
        gaps.getValueAtPercentile(50) / 1e6, gaps.getMaxValue() / 1e6);
    say("every byte arrived, whole and in order");
  }

  private void liveLine(ChaosRun run, long[] last, boolean interactive) {
    live(
        run.packets(),
        run.bytes(),
        "%-13s  %,d connections  last fault %-10s"
            .formatted(
                run.isStreaming() ? "streaming" : "interrupted",
                run.connections(),
                run.chaos().latest()),
        last,
        interactive);
  }

  private void liveLine(DemoStream atAlice, DemoStream atBob, long[] last, boolean interactive) {
    long packets = atAlice.packets() + atBob.packets();
    live(
        packets,
        atAlice.bytes() + atBob.bytes(),
        "round trip %6.2f ms  %,d packets in all".formatted(atBob.latestRoundTripMillis(), packets),
        last,
        interactive);
  }

  private void live(long packets, long bytes, String more, long[] last, boolean interactive) {
    long now = System.nanoTime();
    double seconds = (now - last[2]) / 1e9;
    String line =
        "%,9.0f packets/s  %7.1f MB/s  %s"
            .formatted((packets - last[0]) / seconds, (bytes - last[1]) / seconds / 1e6, more);
    last[0] = packets;
    last[1] = bytes;
    last[2] = now;
    if (interactive) {
      out().print("\r" + line + "  ");
    } else {
      out().println(line);
    }
    out().flush();
  }

  private void summarise(DemoStream atAlice, DemoStream atBob, double seconds) {
    long packets = atAlice.packets() + atBob.packets();
    double megabytes = (atAlice.bytes() + atBob.bytes()) / 1e6;
    say(
        "%,d packets of %,d bytes, %,.1f MB in %.1f s, both ways: %,.0f packets/s, %,.1f MB/s",
        packets, size, megabytes, seconds, packets / seconds, megabytes / seconds);
    say("round trip beside the stream: %s", atBob.roundTrips());
    say("every packet arrived whole and in order");
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private void say(String format, Object... values) {
    out().println(format.formatted(values));
    out().flush();
  }
}
