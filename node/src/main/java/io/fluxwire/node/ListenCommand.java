package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.BanList;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.internal.AddressText;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.netty.ShutdownReport;
import io.fluxwire.node.page.Monitor;
import io.fluxwire.node.page.NodePage;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBuf;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Waits for peers. */
@Command(
    name = "listen",
    description = {
      "Wait for peers until told to stop (Ctrl-C).",
      "Prints 'listening HOST:PORT id HEX' when ready, then a line for each peer that comes or goes;",
      "for a Unix socket it is unix:PATH in the place of HOST:PORT.",
      "Standard error names the first connection of each kind that is refused, then sums up. Lines",
      "that nobody reads are left out and counted: peers do not wait for whoever reads.",
      "Told to stop, it accepts nobody more and gives what is on its way 2 s to go out; a line of",
      "standard error says what did not. The exit code is 0 all the same.",
      "",
      "With --channel it prints the lines of the one peer that --allow names, and nothing else, and",
      "sends it the lines of its own input; the rest is on standard error. A line is acknowledged once",
      "it is written: if this is killed just between the two, it prints these last lines once more at",
      "its next start, and never leaves one out. That the channel cannot go on is a failure.",
      "",
      "  ./fluxwire listen --channel log --store ./got --key alice.key \\",
      "      --allow $(./fluxwire id bob.key) >> log.txt"
    })
final class ListenCommand implements Callable<Integer> {

  @ParentCommand private Main main;
  @Spec private CommandSpec spec;
  @Mixin private KeyOptions key;
  @Mixin private UpgradeOptions upgrade;
  @Mixin private KeepAliveOption keepAlive;
  @Mixin private ChannelOptions channel;
  @Mixin private BanOptions banned;

  @Option(
      names = "--host",
      defaultValue = "0.0.0.0",
      description = "The interface to listen on. Default: all (${DEFAULT-VALUE}).")
  private String host;

  @Option(
      names = "--port",
      defaultValue = "9735",
      description = "The port to listen on; 0 picks a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--unix",
      paramLabel = "PATH",
      description = {
        "Listen on a Unix socket instead of a port. Its file is this user's alone (mode 0600) and",
        "goes when the command ends; one that was left behind by a crash is replaced. Peers that come",
        "this way have no address, so the networks of --bans do not keep them out."
      })
  private @Nullable Path socket;

  @Option(
      names = "--allow",
      paramLabel = "ID",
      description = {
        "Let this node in; repeat for more. Whoever is not let in is told so, which the old daemon",
        "does not survive: it exits at any packet but hello. Default: everyone who proves an id."
      })
  private List<NodeId> allowed = new ArrayList<>();

  @Option(
      names = "--http",
      paramLabel = "PORT",
      description = {
        "Serve a live page, /metrics (Prometheus), /health and /peers on this port; 0 picks a free",
        "one. Default: none."
      })
  private @Nullable Integer httpPort;

  @Option(
      names = "--http-host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = {
        "The interface for --http. Whoever reaches it sees all peers.",
        "Default: ${DEFAULT-VALUE}."
      })
  private String httpHost;

  @Option(
      names = "--max-peers",
      paramLabel = "N",
      defaultValue = "128",
      description = {
        "How many connections to take in all. Of one IPv4 address or IPv6 /56 it is 8, and 64",
        "handshakes at a time, 4 of one address; loopback has the limits of all only.",
        "Default: ${DEFAULT-VALUE}."
      })
  private int maxPeers;

  @ArgGroup private @Nullable Mode mode;

  /** What to do with a peer's packets; without any, they are read and dropped. */
  static final class Mode {
    @Option(names = "--echo", description = "Send every packet back as it came.")
    private boolean echo;

    @Option(
        names = "--hello",
        description = "Do the old daemon's smoke test with each peer and print 'hello from HEX'.")
    private boolean hello;
  }

  @Override
  public Integer call() throws Exception {
    checkOptions();
    UpgradePolicy policy = upgrade.policy(keepAlive.value());
    Integer page = httpPort;
    Mono<Void> stop =
        channel.isGiven() ? main.stop() : Mono.firstWithSignal(StopSignal.received(), readerGone());
    NodeKey nodeKey = key.nodeKey();
    BanList bans = banned.load();
    ChannelListen lines = channel.isGiven() ? channel(nodeKey.id()) : null;
    if (page == null) {
      Monitor monitor = new Monitor();
      listen(
          at(serving(nodeKey, monitor, lines), bans).upgrade(policy), monitor, bans, stop, lines);
      return 0;
    }
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Monitor monitor = new Monitor(registry);
    // Before the peers, so that a port that is taken keeps nobody waiting.
    NodePage served =
        NodePage.startNow(
            monitor, registry, new NodePage.Content("listen", nodeKey.id(), null), httpHost, page);
    try {
      tell("page %s", served.url());
      listen(
          at(serving(nodeKey, monitor, lines), bans).upgrade(policy), monitor, bans, stop, lines);
    } finally {
      served.dispose();
    }
    return 0;
  }

  private ChannelListen channel(NodeId own) {
    ChannelListen lines = new ChannelListen(main, channel, own, allowed.get(0));
    lines.check();
    return lines;
  }

  private void checkOptions() {
    channel.check(key, upgrade, allowed.size(), "--allow ID");
    if (channel.isGiven() && mode != null) {
      throw wrong("--channel prints what comes: leave out --echo and --hello");
    }
    if (port < 0 || port > 65_535) {
      throw wrong("--port is 0 to 65535, not " + port);
    }
    ParseResult given = spec.commandLine().getParseResult();
    if (socket != null && (given.hasMatchedOption("--host") || given.hasMatchedOption("--port"))) {
      throw wrong("--unix stands in the place of --host and --port");
    }
    if (maxPeers < 1) {
      throw wrong("--max-peers is above zero, not " + maxPeers);
    }
    Integer page = httpPort;
    if (page != null && (page < 0 || page > 65_535)) {
      throw wrong("--http is 0 to 65535, not " + page);
    }
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  /** A full disk is no reason to leave the peers, but a reader that has gone stops the command. */
  private Mono<Void> readerGone() {
    return main.out()
        .failed()
        .flatMap(failure -> Output.isReaderGone(failure) ? Mono.empty() : Mono.never());
  }

  private void listen(
      PeerServer<?> server,
      Monitor monitor,
      BanList bans,
      Mono<Void> stop,
      @Nullable ChannelListen lines) {
    Authorizer access = allowed.isEmpty() ? Authorizer.anyone() : Authorizer.allowing(allowed);
    Refusals refusals = new Refusals(main.err()::tell, Schedulers.parallel());
    DisposablePeerServer listening =
        monitor
            .watch(
                server
                    .authorize(bans.authorizer(access))
                    .limits(limits -> limits.connections(maxPeers))
                    .doOnHandshakeFailure(
                        failure -> refusals.refused(failure.remoteAddress(), failure.cause())))
            .bindNow();
    tell("listening %s id %s", AddressText.of(listening.address()), listening.id());
    ShutdownReport report;
    try {
      (lines == null ? stop : Mono.firstWithSignal(stop.then(lines.stop()), lines.failed()))
          .block();
    } finally {
      report = listening.disposeNow(StopSignal.DRAIN_TIMEOUT);
    }
    refusals.sumUp();
    if (report.aborted() > 0) {
      main.err()
          .say(
              "not delivered: %s, to %,d of %,d peers"
                  .formatted(
                      report.undelivered(), report.aborted(), report.aborted() + report.drained()));
    }
  }

  /** What comes by a Unix socket has no address, and no test of addresses would pass it. */
  private PeerServer<?> at(PeerServer<?> server, BanList bans) {
    Path path = socket;
    return path == null
        ? server.host(host).port(port).admit(bans.addresses())
        : server.bindAddress(UnixDomainSocketAddress.of(path));
  }

  private PeerServer<?> serving(NodeKey key, Monitor monitor, @Nullable ChannelListen lines) {
    if (lines != null) {
      return lines.server(key, monitor);
    }
    Mode chosen = mode;
    if (chosen != null && chosen.echo) {
      // Raw, so that nothing of a packet changes on its way through.
      return PeerServer.create(key, PacketCodec.raw().allowShortPayloads().tellErrors())
          .handle(
              peer -> {
                PeerConnection<ByteBuf> watched = watch(monitor, peer, ByteBuf::readableBytes);
                return announced(
                    watched,
                    watched.send(
                        // An empty packet may come, but none may be sent.
                        watched.receive().filter(ByteBuf::isReadable).map(ByteBuf::retain)));
              });
    }
    if (chosen != null && chosen.hello) {
      return PeerServer.create(key)
          .handle(
              peer -> {
                PeerConnection<Pkt> watched = watch(monitor, peer, Pkt::getSerializedSize);
                AtomicLong hellos = new AtomicLong();
                Mono<Void> greeted =
                    watched
                        .sendOne(Hello.packet())
                        .and(
                            watched
                                .receive()
                                .filter(Hello::is)
                                .doOnNext(hello -> hello(peer.remoteId(), hellos)));
                return announced(watched, greeted, () -> moreHellos(peer.remoteId(), hellos));
              });
    }
    return PeerServer.create(key, PacketCodec.raw().tellErrors())
        .handle(
            peer -> {
              PeerConnection<ByteBuf> watched = watch(monitor, peer, ByteBuf::readableBytes);
              return announced(watched, watched.receive().then());
            });
  }

  private static <P> PeerConnection<P> watch(
      Monitor monitor, PeerConnection<P> peer, ToIntFunction<? super P> size) {
    return monitor.watch(peer, Monitor.Direction.INBOUND, size);
  }

  /** The first of a connection; a peer may say it as often as it likes. */
  private void hello(NodeId peer, AtomicLong hellos) {
    if (hellos.getAndIncrement() == 0) {
      tell("hello from %s", peer);
    }
  }

  private void moreHellos(NodeId peer, AtomicLong hellos) {
    long more = hellos.get() - 1;
    if (more > 0) {
      tell("hello from %s: %,d more of them", peer, more);
    }
  }

  private Publisher<Void> announced(PeerConnection<?> peer, Mono<Void> served) {
    return announced(peer, served, () -> {});
  }

  private Publisher<Void> announced(PeerConnection<?> peer, Mono<Void> served, Runnable sumUp) {
    tell(
        "peer %s connected from %s%s",
        peer.remoteId(), AddressText.of(peer.remoteAddress()), Negotiated.suffix(peer));
    peer.onClose()
        .subscribe(
            reason -> {
              sumUp.run();
              tell("peer %s gone: %s", peer.remoteId(), reason);
            });
    return served;
  }

  private void tell(String format, Object... values) {
    (channel.isGiven() ? main.err() : main.out()).tell(format.formatted(values));
  }
}
