package io.fluxwire.node;

import com.sun.management.UnixOperatingSystemMXBean;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.page.NodeMonitor;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** The demo's chaos, for long, with an account of what it cost. */
@Command(
    name = "soak",
    description = {
      "Stream over a network that fails all the time, and check every byte.",
      "",
      "Two nodes in this process stream to each other over a channel while its "
          + "connections, over loopback, are reset, cut, stalled, slowed and garbled at "
          + "random. The place and content of every byte is checked. The exit code is 0 "
          + "when all that was sent has arrived, once and in order, and 1 at the first "
          + "packet that is wrong, or when nothing more comes.",
      "",
      "With --kill they are two processes whose channel is stored on disk, in a "
          + "temporary directory. They are killed (SIGKILL) at random and started again. "
          + "Each packet has to come in its place, once for each position that was stored, "
          + "and nothing may be missing that was reported as stored."
    })
final class SoakCommand implements Callable<Integer> {

  private static final double MIB = 1024.0 * 1024;

  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "10",
      description = "How long; parts of a minute are allowed. Default: ${DEFAULT-VALUE}.")
  private double minutes;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      defaultValue = "4096",
      description = "The size of the largest packet's body. Default: ${DEFAULT-VALUE}.")
  private int size;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Decides the faults and the bodies. Default: another one each time.")
  private @Nullable Long seed;

  @Option(
      names = "--kill",
      description = "Kill the nodes instead of their connections: --kills times, or for --minutes.")
  private boolean kill;

  @Option(
      names = "--kills",
      paramLabel = "N",
      defaultValue = "20",
      description = "How often, unless --minutes is given. Default: ${DEFAULT-VALUE}.")
  private long kills;

  @Mixin private UpgradeOptions upgrade;

  @Option(
      names = "--report",
      paramLabel = "TIME",
      defaultValue = "10s",
      description = "How often to tell how it goes. Default: ${DEFAULT-VALUE}.")
  private Duration report;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!(minutes > 0 && minutes <= 100_000)) {
      throw new ParameterException(
          spec.commandLine(), "--minutes is more than 0 and up to 100000, not " + minutes);
    }
    if (size < 1 || size > DemoCommand.MAX_SIZE || report.isZero()) {
      throw new ParameterException(
          spec.commandLine(),
          "--size is 1 to %,d, and --report more than 0".formatted(DemoCommand.MAX_SIZE));
    }
    if (kills < 0) {
      throw new ParameterException(spec.commandLine(), "--kills is 0 or more, not " + kills);
    }
    UpgradePolicy policy = upgrade.policy();
    if (upgrade.isOff()) {
      throw new ParameterException(
          spec.commandLine(), "channels need upgraded sessions: leave out --upgrade off");
    }
    if (kill) {
      killing();
      return 0;
    }
    Mono<Void> stop = main.stop();
    long chosen = seed == null ? System.nanoTime() : seed;
    say("seed %d, %.1f minutes", chosen, minutes);
    Duration length = Duration.ofMillis(Math.round(minutes * 60_000));
    long start = System.nanoTime();
    ChaosRun run = new ChaosRun(chosen, size, new NodeMonitor(), policy);
    try {
      run.run(
              Mono.firstWithSignal(Mono.delay(length).then(), stop),
              report,
              now -> main.out().tell(account(now, start)))
          .block();
    } finally {
      run.close();
      main.out().say(account(run, start));
      main.out().say(run.account());
    }
    Histogram gaps = run.gapNanos();
    say("faults: %s", run.chaos().summary());
    say(
        "the streams took up again after: p50 %,.0f ms, p99 %,.0f ms, worst %,.0f ms",
        gaps.getValueAtPercentile(50) / 1e6,
        gaps.getValueAtPercentile(99) / 1e6,
        gaps.getMaxValue() / 1e6);
    say(ChaosRun.ALL_WELL);
    return 0;
  }

  private void killing() throws IOException, InterruptedException {
    boolean timed = spec.commandLine().getParseResult().hasMatchedOption("--minutes");
    AtomicBoolean stopped = new AtomicBoolean();
    Mono<Void> end =
        timed ? Mono.delay(Duration.ofMillis(Math.round(minutes * 60_000))).then() : Mono.never();
    Disposable ending =
        Mono.firstWithSignal(end, main.stop()).subscribe(null, null, () -> stopped.set(true));
    long chosen = seed == null ? System.nanoTime() : seed;
    say("seed %d, %s", chosen, timed ? "%.1f minutes".formatted(minutes) : kills + " kills");
    long start = System.nanoTime();
    try (KillRun run =
        new KillRun(
            chosen,
            size,
            upgrade.arguments(),
            stopped::get,
            report,
            now -> main.out().tell(account(now, start)))) {
      run.run(timed ? Long.MAX_VALUE : kills);
      main.out().say(account(run, start));
      say(
          "came again, since their position was not stored when their node was killed: %,d packets",
          run.again());
      say("every packet arrived in its place, once for each stored position; nothing is missing");
    } finally {
      ending.dispose();
    }
  }

  private static String account(KillRun run, long start) {
    return "%6.0f s  %,6d kills  %,6d openings of the channel  %,12d packets"
        .formatted((System.nanoTime() - start) / 1e9, run.kills(), run.openings(), run.packets());
  }

  private String account(ChaosRun run, long start) {
    return ("%6.0f s  %,6d faults  %,6d connections  %,12d packets  %,10.1f MB  heap %,5.0f MiB"
            + "  direct %,4.0f MiB  %3d descriptors")
        .formatted(
            (System.nanoTime() - start) / 1e9,
            run.chaos().count(),
            run.connections(),
            run.packets(),
            run.bytes() / 1e6,
            ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MIB,
            ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory()
                / MIB,
            openDescriptors());
  }

  private static long openDescriptors() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getOpenFileDescriptorCount()
        : -1;
  }

  private void say(String format, Object... values) {
    main.out().say(format.formatted(values));
  }
}
