package io.fluxwire.node;

import io.fluxwire.PeerConnection;
import io.fluxwire.internal.AddressText;
import io.fluxwire.packet.Hello;
import io.fluxwire.page.DisposableNodePage;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.page.NodePage;
import io.fluxwire.testing.FaultProxy;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Two nodes in one process, over a real TCP connection. */
@Command(
    name = "demo",
    description = {
      "Let two nodes in this process meet, say hello, and stream packets both ways.",
      "",
      "They connect over loopback TCP. A live line shows what flows; each packet's place in the "
          + "stream is checked. A page in the browser shows it, too, and has buttons that break the "
          + "link between them.",
      "",
      "With --chaos, a proxy between them resets, cuts, stalls, slows and garbles their "
          + "connections, and the streams go over a channel, which outlives connections: each packet "
          + "has to arrive once and in its place. The last lines say how many did, and the exit code "
          + "is 1 if one did not.",
      "",
      "With --bolt8, the two speak what Lightning nodes of today speak: the same packets, each as "
          + "a message, which has room for 65,471 bytes of a body. There are no channels then, and "
          + "so no --chaos."
    })
final class DemoCommand implements Callable<Integer> {

  /** A payload may have 1 MiB; a packet is a little more than its body. */
  static final int MAX_SIZE = (1 << 20) - 64;

  /** As {@link #MAX_SIZE}, of the 65,535 bytes of a message. */
  private static final int MAX_BOLT8_SIZE = 65_535 - 64;

  private static final Duration LIVE_LINE = Duration.ofMillis(500);

  /** How long a stream takes at least to get as fast as it will be. */
  private static final Duration WARM_UP = Duration.ofSeconds(2);

  @ParentCommand private Main main;
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

  @Mixin private UpgradeOptions upgrade;
  @Mixin private Bolt8Option bolt8;

  @Option(
      names = "--chaos",
      description =
          "Break and slow the connections of a channel at random. Needs upgraded " + "sessions.")
  private boolean chaos;

  @ArgGroup private @Nullable PageChoice pageChoice;

  /** Where the page is, or that there is none. */
  static final class PageChoice {
    @Option(
        names = "--http",
        paramLabel = "PORT",
        description = "The loopback port of the live page. Default: a free one.")
    private int port;

    @Option(
        names = "--no-http",
        description =
            "No page. The two nodes connect directly, and it is an error if they lose the "
                + "connection.")
    private boolean off;
  }

  @Override
  public Integer call() {
    int port = pageChoice == null ? 0 : pageChoice.port;
    checkOptions(port);
    Mono<Void> stop = main.stop();
    if (pageChoice != null && pageChoice.off) {
      run(stop, new NodeMonitor(), network -> Disposables.disposed());
      return 0;
    }
    PrometheusMeterRegistry registry = NodeMeters.create();
    NodeMonitor monitor = new NodeMonitor(registry);
    run(stop, monitor, network -> openPage(monitor, registry, network, port));
    return 0;
  }

  private void checkOptions(int port) {
    bolt8.check(upgrade);
    bolt8.checkWithout(chaos, "--chaos");
    int most = bolt8.isGiven() ? MAX_BOLT8_SIZE : MAX_SIZE;
    if (size < 0 || size > most) {
      throw wrong("--size is 0 to %,d, not %,d".formatted(most, size));
    }
    if (port < 0 || port > 65_535) {
      throw wrong("--http is 0 to 65535, not " + port);
    }
    if (chaos && upgrade.isOff()) {
      throw wrong("--chaos needs upgraded sessions: leave out --upgrade off");
    }
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  private void run(
      Mono<Void> stop,
      NodeMonitor monitor,
      Function<? super FaultProxy, ? extends Disposable> page) {
    if (chaos) {
      streamThroughChaos(stop, monitor, page);
    } else {
      streamOverSoundNetwork(stop, monitor, page);
    }
  }

  private DisposableNodePage openPage(
      NodeMonitor monitor, PrometheusMeterRegistry registry, FaultProxy network, int port) {
    DisposableNodePage page =
        NodePage.of(monitor)
            .name(chaos ? "demo --chaos" : "demo")
            .metrics(registry::scrape)
            .network(new ProxySwitch(network))
            .bindNow("127.0.0.1", port);
    say("page  %s shows it live", page.url());
    return page;
  }

  private void streamOverSoundNetwork(
      Mono<Void> stop,
      NodeMonitor monitor,
      Function<? super FaultProxy, ? extends Disposable> page) {
    DemoRun run =
        new DemoRun(
            size,
            monitor,
            bolt8.dialect(),
            upgrade.policy(),
            pageChoice == null || !pageChoice.off);
    FaultProxy network = run.network();
    Disposable opened = network == null ? Disposables.disposed() : page.apply(network);
    Watcher watcher = new Watcher(run);
    try {
      say("alice %s listens at %s", run.alice(), AddressText.of(run.address()));
      // The time that was asked for is the streams'.
      Mono<?> end =
          Mono.when(run.atAlice().greeted(), run.atBob().greeted())
              .doOnSuccess(greeted -> watcher.greeted())
              .then(Mono.when(run.atAlice().started(), run.atBob().started()))
              .doOnSuccess(started -> watcher.started())
              .then(end(stop));
      Flux.interval(LIVE_LINE)
          .onBackpressureDrop()
          .doOnNext(tick -> watcher.tick())
          .mergeWith(run.run(watcher::connected, watcher::lost).then(Mono.empty()))
          .takeUntilOther(Mono.firstWithSignal(end, stop))
          .blockLast();
      watcher.end();
    } finally {
      opened.dispose();
      run.close();
    }
    watcher.summarise();
  }

  private Mono<?> end(Mono<Void> stop) {
    return duration == null ? stop : Mono.firstWithSignal(Mono.delay(duration), stop);
  }

  private void streamThroughChaos(
      Mono<Void> stop,
      NodeMonitor monitor,
      Function<? super FaultProxy, ? extends Disposable> page) {
    ChaosRun run = new ChaosRun(System.nanoTime(), size, monitor, upgrade.policy());
    Disposable opened = page.apply(run.network());
    say("alice %s", run.alice());
    say("bob   %s dials her through a network that fails; their channel outlives it", run.bob());
    boolean interactive = main.out().isTerminal();
    long[] last = {0, 0, System.nanoTime()};
    try {
      run.run(end(stop), LIVE_LINE, now -> liveLine(now, last, interactive)).block();
    } finally {
      if (interactive) {
        main.out().tell("");
      }
      opened.dispose();
      run.close();
      say("%s", run.account());
    }
    Histogram gaps = run.gapNanos();
    say("faults: %s", run.chaos().summary());
    say(
        "the streams took up again after %.0f ms in the middle, %.0f ms at worst",
        gaps.getValueAtPercentile(50) / 1e6, gaps.getMaxValue() / 1e6);
    say(ChaosRun.ALL_WELL);
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
      main.out().overwrite(line);
    } else {
      main.out().tell(line);
    }
  }

  private void say(String format, Object... values) {
    main.out().say(format.formatted(values));
  }

  /** From an event loop, which waits for no reader. */
  private void tell(String format, Object... values) {
    main.out().tell(format.formatted(values));
  }

  /** Tells how the calm demo goes. */
  private final class Watcher {

    private final DemoRun run;
    private final boolean interactive = main.out().isTerminal();
    private final long[] last = {0, 0, 0};
    private final long[] cold = {0, 0, 0};
    private long dialling = System.nanoTime();
    private long streaming;
    private double seconds;
    private int connections;

    Watcher(DemoRun run) {
      this.run = run;
    }

    synchronized void connected(PeerConnection<?> peer) {
      double millis = (System.nanoTime() - dialling) / 1e6;
      connections++;
      if (connections == 1) {
        run.accepted().subscribe(bob -> tell("bob   %s dialled", bob));
        tell("connected and authenticated%s", Negotiated.suffix(peer));
        tell("  in %,.0f ms: the first time, Java still has to load and compile all of it", millis);
      } else {
        breakLine();
        tell("connected again after %,.0f ms", millis);
      }
    }

    synchronized void lost(String reason) {
      dialling = System.nanoTime();
      breakLine();
      tell("connection lost: %s; dialling again", reason);
    }

    synchronized void greeted() {
      tell("%s from alice, %s from bob", Hello.PROBLEM, Hello.PROBLEM);
    }

    synchronized void started() {
      tell(
          "round trip before the stream: %s (%d pings, after %d to warm up)",
          run.atBob().idleRoundTrips(), DemoStream.MEASURED, DemoStream.WARM_UP);
      streaming = System.nanoTime();
      last[2] = streaming;
    }

    synchronized void tick() {
      if (streaming != 0) {
        live(
            packets(),
            bytes(),
            "%,d packets in all%s".formatted(packets(), isWarmingUp() ? "  (warming up)" : ""),
            last,
            interactive);
      }
    }

    synchronized void end() {
      breakLine();
      seconds = streaming == 0 ? 0 : (System.nanoTime() - streaming) / 1e9;
    }

    synchronized void summarise() {
      if (seconds == 0) {
        say("stopped before the streams had begun");
        return;
      }
      say(
          "%,d packets of %,d bytes, %,.1f MB in %.1f s, both ways: %,.0f packets/s, %,.1f MB/s",
          packets(), size, bytes() / 1e6, seconds, packets() / seconds, bytes() / seconds / 1e6);
      if (seconds > WARM_UP.toSeconds()) {
        double warm = seconds - WARM_UP.toSeconds();
        say(
            "of these after the first %d s, in which Java warms up: %,.0f packets/s, %,.1f MB/s",
            WARM_UP.toSeconds(), (packets() - cold[0]) / warm, (bytes() - cold[1]) / warm / 1e6);
      }
      say(
          "a ping beside the stream waits behind all that is on its way: %.0f ms in the middle",
          run.atBob().busyRoundTripMillis());
      say(
          connections == 1
              ? "every packet arrived whole and in order"
              : "every packet that arrived was whole and in order, over "
                  + connections
                  + " connections");
    }

    /** Keeps what has come in this time, which is left out of one of the sums. */
    private boolean isWarmingUp() {
      long since = System.nanoTime() - streaming;
      boolean warmingUp = since < WARM_UP.toNanos();
      if (warmingUp) {
        cold[2] = since;
        cold[0] = packets();
        cold[1] = bytes();
      }
      return warmingUp;
    }

    private void breakLine() {
      if (interactive && streaming != 0) {
        main.out().tell("");
      }
    }

    private long packets() {
      return run.atAlice().packets() + run.atBob().packets();
    }

    private long bytes() {
      return run.atAlice().bytes() + run.atBob().bytes();
    }
  }
}
