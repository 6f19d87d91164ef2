package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.BanList;
import io.fluxwire.access.CidrList;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.lightning.InitSpec;
import io.fluxwire.lightning.LightningCodec;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.netty.ShutdownReport;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.packet.RawPacketCodec;
import io.fluxwire.page.DisposableNodePage;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.page.NodePage;
import io.fluxwire.proto.Pkt;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
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
      "",
      "Standard output says 'listening HOST:PORT id HEX' once peers can connect, and "
          + "then has a line for each peer that comes or goes. For a Unix socket, unix:PATH "
          + "stands in the place of HOST:PORT. Lines that nobody reads in time are left out "
          + "and counted: peers never wait for whoever reads.",
      "",
      "Standard error names the first connection of each kind that is refused, and "
          + "sums up the others.",
      "",
      "When it is told to stop, it accepts nobody more and gives what is on its way 2 "
          + "s to go out. Standard error says what did not go out. The exit code is 0 all "
          + "the same.",
      "",
      "With --channel, standard output has the lines of the one peer that --allow "
          + "names and nothing else, and the lines of standard input go to this peer. All "
          + "that is said about them goes to standard error. A line is acknowledged once it "
          + "is written. If the process is killed between the two, it prints these last "
          + "lines once more at its next start, and never leaves one out.",
      "",
      "With --bolt8, it takes Lightning nodes of today, and nobody else: nothing is said to "
          + "whoever does not know this node's id. With --v3 as well, it takes both on one port. "
          + "Lightning nodes hang up after a while unless --hello is given, too."
    },
    footerHeading = "%nExample:%n",
    footer = {
      "  fluxwire listen --channel log --store ./got --key alice.key \\",
      "      --allow $(fluxwire id bob.key) >> log.txt",
      "  fluxwire listen --bolt8 --hello --key alice.key",
      "  fluxwire listen --fleet redis://localhost --key node.key --port 0"
    })
final class ListenCommand implements Callable<Integer> {

  @ParentCommand private Main main;
  @Spec private CommandSpec spec;
  @Mixin private KeyOptions key;
  @Mixin private UpgradeOptions upgrade;
  @Mixin private KeepAliveOption keepAlive;
  @Mixin private ChannelOptions channel;
  @Mixin private BanOptions banned;
  @Mixin private JsonOption json;
  @Mixin private Bolt8Option bolt8;
  @Mixin private InitOptions features;
  @Mixin private FleetOptions fleet;

  @Option(
      names = "--fleet",
      paramLabel = "ENGINE",
      description =
          "Be one of many instances of the node, all of which have its --key, and find each other "
              + "by ENGINE: "
              + FleetEngineAddress.FORMS
              + ". When it is told to stop, the others take over. Default: be alone.")
  private @Nullable FleetEngineAddress engine;

  @Option(
      names = "--v3",
      description =
          "With --bolt8: take peers that speak version 3 on the same port, too. The first byte "
              + "of whoever dials tells which it is.")
  private boolean version3;

  @Option(
      names = "--host",
      defaultValue = "0.0.0.0",
      paramLabel = "HOST",
      description =
          "The address of the interface to listen on. Default: all of them "
              + "(${DEFAULT-VALUE}).")
  private String host;

  @Option(
      names = "--port",
      defaultValue = "9735",
      paramLabel = "PORT",
      description = "The port to listen on; 0 takes one that is free. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--unix",
      paramLabel = "PATH",
      description =
          "Listen on a Unix socket instead of a port. Its file is for this user only "
              + "(mode 0600) and is removed when the command ends; one that a crash left behind "
              + "is replaced. Peers that come this way have no address, so networks in --bans "
              + "do not keep them out.")
  private @Nullable Path socket;

  @Option(
      names = "--allow",
      paramLabel = "ID",
      description =
          "Let this node in; repeat it for more. A node that is not let in is told so. "
              + "(The old daemon exits when it is told anything but hello.) Default: everyone "
              + "who proves an id.")
  private List<NodeId> allowed = new ArrayList<>();

  @Option(
      names = "--proxy-protocol",
      paramLabel = "FROM",
      description =
          "Connections from this address or network are a load balancer's, which says by the "
              + "PROXY protocol whose they are; repeat it for more. Default: none are.")
  private List<CidrList> proxies = new ArrayList<>();

  @Option(
      names = "--http",
      paramLabel = "PORT",
      description =
          "Serve a live page, /metrics (for Prometheus), /health, /peers and, with --fleet, "
              + "/fleet on this port; 0 takes one that is free. Default: no page.")
  private @Nullable Integer httpPort;

  @Option(
      names = "--http-host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description =
          "The address of the interface for --http. There is no login: whoever reaches it "
              + "sees all peers. Default: ${DEFAULT-VALUE}.")
  private String httpHost;

  @Option(
      names = "--max-peers",
      paramLabel = "N",
      defaultValue = "128",
      description =
          "How many connections to take in all. Of one IPv4 address, or one /56 network "
              + "of IPv6, it takes 8; it does 64 handshakes at a time, and 4 with one address. "
              + "For peers on this machine only the limits of the whole count. Default: "
              + "${DEFAULT-VALUE}.")
  private int maxPeers;

  @ArgGroup private @Nullable Mode mode;

  /** What to do with a peer's packets; without any, they are read and dropped. */
  static final class Mode {
    @Option(names = "--echo", description = "Send every packet back as it came.")
    private boolean echo;

    @Option(
        names = "--hello",
        description =
            "Do the old daemon's smoke test with each peer and print 'hello from HEX'. With "
                + "--bolt8: exchange init, print what the peer says that it can do, and answer "
                + "its pings.")
    private boolean hello;
  }

  @Override
  public Integer call() throws Exception {
    checkOptions();
    json.choose(main, channel.isGiven() ? main.err() : main.out());
    UpgradePolicy policy = upgrade.policy(keepAlive.value());
    Integer page = httpPort;
    Mono<Void> stop =
        channel.isGiven() ? main.stop() : Mono.firstWithSignal(StopSignal.received(), readerGone());
    NodeKey nodeKey = key.nodeKey();
    BanList bans = banned.load();
    ChannelListen lines = channel.isGiven() ? channel(nodeKey.id()) : null;
    if (page == null) {
      FleetListen instance = instance(nodeKey, UnaryOperator.identity());
      NodeMonitor monitor = new NodeMonitor();
      listen(server(nodeKey, monitor, lines, instance, bans, policy), stop, lines, instance);
      return 0;
    }
    PrometheusMeterRegistry registry = NodeMeters.create();
    NodeMonitor monitor = new NodeMonitor(registry);
    monitor.bans(bans);
    FleetListen instance = instance(nodeKey, fleetSpec -> fleetSpec.meterRegistry(registry));
    if (instance != null) {
      monitor.fleet(instance.watched());
    }
    WatchedServer server = server(nodeKey, monitor, lines, instance, bans, policy);
    // Before the peers, so that a port that is taken keeps nobody waiting.
    DisposableNodePage served =
        NodePage.of(monitor)
            .name("listen")
            .id(nodeKey.id())
            .metrics(registry::scrape)
            .bindNow(httpHost, page);
    try {
      main.narrator().tell(new Event.Page(served.url()));
      listen(server, stop, lines, instance);
    } finally {
      // Last, so that it tells of the drain.
      served.dispose();
    }
    return 0;
  }

  /** What joins the fleet that is named; null for none. */
  private @Nullable FleetListen instance(NodeKey key, UnaryOperator<FleetSpec> metered)
      throws IOException {
    FleetEngineAddress address = engine;
    return address == null
        ? null
        : new FleetListen(
            main,
            key,
            fleet.engine(address, key),
            metered.apply(fleet.spec()),
            mode != null && mode.echo);
  }

  private ChannelListen channel(NodeId own) {
    ChannelListen lines = new ChannelListen(main, channel, own, allowed.get(0));
    lines.check();
    return lines;
  }

  private void checkOptions() {
    checkBolt8();
    checkFleet();
    channel.check(key, upgrade, allowed.size(), "--allow ID");
    channel.checkWithout(json);
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

  private void checkBolt8() {
    boolean hello = mode != null && mode.hello;
    bolt8.check(upgrade);
    bolt8.checkWithout(channel.isGiven(), "--channel");
    bolt8.checkWithout(keepAlive.value() != null && !version3, "--keep-alive");
    features.check(bolt8);
    if (features.isGiven() && !hello) {
      throw wrong("--features is what init has: add --hello");
    }
    if (bolt8.isGiven() && version3 && hello) {
      throw wrong("--hello is another one in version 3 than in BOLT 8: leave out --v3 or --hello");
    }
  }

  private void checkFleet() {
    if (engine == null) {
      return;
    }
    if (!key.isGiven()) {
      throw wrong("--fleet needs the key that all instances have: --key FILE");
    }
    if (channel.isGiven() || bolt8.isGiven() || (mode != null && mode.hello)) {
      throw wrong("--fleet goes with --echo or nothing: leave out --channel, --bolt8, --hello");
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

  /** A server that is not bound yet, and where what it refuses is summed up. */
  private record WatchedServer(PeerServer<?> server, Refusals refusals) {}

  private WatchedServer server(
      NodeKey nodeKey,
      NodeMonitor monitor,
      @Nullable ChannelListen lines,
      @Nullable FleetListen instance,
      BanList bans,
      UpgradePolicy policy) {
    Authorizer own = allowed.isEmpty() ? Authorizer.anyone() : Authorizer.allowing(allowed);
    Authorizer access = instance == null ? own : instance.authorizer(own);
    Refusals refusals = new Refusals(main.narrator()::aside, Schedulers.parallel());
    return new WatchedServer(
        monitor.watch(
            at(serving(nodeKey, monitor, lines, instance), addresses(bans, instance))
                .upgrade(policy)
                .authorize(bans.authorizer(access))
                .limits(limits -> limits.connections(maxPeers))
                .doOnHandshakeFailure(
                    failure -> refusals.refused(failure.remoteAddress(), failure.cause()))),
        refusals);
  }

  private static Predicate<InetAddress> addresses(BanList bans, @Nullable FleetListen instance) {
    return instance == null ? bans.addresses() : bans.addresses().and(instance.addresses());
  }

  private void listen(
      WatchedServer watched,
      Mono<Void> stop,
      @Nullable ChannelListen lines,
      @Nullable FleetListen instance) {
    DisposablePeerServer listening = watched.server().bindNow();
    main.narrator().tell(Event.Listening.of(listening.address(), listening.id()));
    ShutdownReport report;
    try {
      Mono<Void> told =
          lines == null ? stop : Mono.firstWithSignal(stop.then(lines.stop()), lines.failed());
      (instance == null ? told : Mono.firstWithSignal(told, instance.join())).block();
      if (instance != null) {
        // Half of the time, and the other half for what they then have to say.
        instance.drain(StopSignal.DRAIN_TIMEOUT.dividedBy(2)).block();
      }
    } finally {
      if (instance != null) {
        instance.dispose();
      }
      report = listening.disposeNow(StopSignal.DRAIN_TIMEOUT);
    }
    watched.refusals().sumUp();
    if (report.aborted() > 0) {
      main.narrator().aside(Event.NotDelivered.of(report));
    }
  }

  /** What comes by a Unix socket has no address, and no test of addresses would pass it. */
  private PeerServer<?> at(PeerServer<?> server, Predicate<InetAddress> addresses) {
    Path path = socket;
    return path == null
        ? behindProxies(server.host(host).port(port).admit(addresses))
        : server.bindAddress(UnixDomainSocketAddress.of(path));
  }

  private PeerServer<?> behindProxies(PeerServer<?> server) {
    return proxies.isEmpty()
        ? server
        : server.proxyProtocol(address -> proxies.stream().anyMatch(list -> list.test(address)));
  }

  private PeerServer<?> serving(
      NodeKey key,
      NodeMonitor monitor,
      @Nullable ChannelListen lines,
      @Nullable FleetListen instance) {
    if (lines != null) {
      return lines.server(key, monitor);
    }
    if (instance != null) {
      return instance.server(key).handle(peer -> announced(monitor, peer, instance.accept(peer)));
    }
    Mode chosen = mode;
    if (chosen != null && chosen.hello) {
      return bolt8.isGiven() ? exchangingInit(key, monitor) : sayingHello(key, monitor);
    }
    // Raw, so that nothing of a packet changes on its way through.
    RawPacketCodec codec = PacketCodec.raw().tellErrors();
    return chosen != null && chosen.echo
        ? raw(key, codec.allowShortPayloads()).handle(peer -> announced(monitor, peer, echo(peer)))
        : raw(key, codec).handle(peer -> announced(monitor, peer, peer.receive().then()));
  }

  private PeerServer<ByteBuf> raw(NodeKey key, RawPacketCodec ofVersion3) {
    if (!bolt8.isGiven()) {
      return PeerServer.create(key, ofVersion3);
    }
    return version3
        // Errors have version 3's form, which a peer in BOLT 8 takes for a message.
        ? PeerServer.create(key, ofVersion3.allowShortPayloads())
            .dialects(Dialect.V3, Dialect.BOLT8)
        : PeerServer.bolt8(key);
  }

  private Mono<Void> echo(PeerConnection<ByteBuf> peer) {
    boolean mayBeEmpty = bolt8.isGiven() && !version3;
    return peer.send(
        peer.receive()
            // In version 3, an empty packet may come, but none may be sent.
            .filter(packet -> mayBeEmpty || packet.isReadable())
            .map(ByteBuf::retain));
  }

  private PeerServer<ByteBuf> exchangingInit(NodeKey key, NodeMonitor monitor) {
    InitSpec init = features.init();
    return PeerServer.create(key, LightningCodec.create())
        .dialects(Dialect.BOLT8)
        .handle(
            peer ->
                announced(
                    monitor,
                    peer,
                    init.exchange(peer)
                        .doOnNext(node -> main.narrator().tell(Event.Init.of(node, null)))
                        .flatMap(node -> node.receive().then())));
  }

  private PeerServer<Pkt> sayingHello(NodeKey key, NodeMonitor monitor) {
    return PeerServer.create(key)
        .handle(
            peer -> {
              AtomicLong hellos = new AtomicLong();
              Mono<Void> greeted =
                  peer.sendOne(Hello.packet())
                      .and(
                          peer.receive()
                              .filter(Hello::is)
                              .doOnNext(hello -> hello(peer.remoteId(), hellos)));
              return announced(monitor, peer, greeted, () -> moreHellos(peer.remoteId(), hellos));
            });
  }

  /** The first of a connection; a peer may say it as often as it likes. */
  private void hello(NodeId peer, AtomicLong hellos) {
    if (hellos.getAndIncrement() == 0) {
      main.narrator().tell(new Event.Hello(peer.toString()));
    }
  }

  private void moreHellos(NodeId peer, AtomicLong hellos) {
    long more = hellos.get() - 1;
    if (more > 0) {
      main.narrator().tell(new Event.MoreHellos(peer.toString(), more));
    }
  }

  private Publisher<Void> announced(
      NodeMonitor monitor, PeerConnection<?> peer, Mono<Void> served) {
    return announced(monitor, peer, served, () -> {});
  }

  private Publisher<Void> announced(
      NodeMonitor monitor, PeerConnection<?> peer, Mono<Void> served, Runnable sumUp) {
    monitor.ping(peer);
    main.narrator().tell(Event.Connected.of(Event.Direction.INBOUND, peer));
    peer.onClose()
        .subscribe(
            reason -> {
              sumUp.run();
              main.narrator()
                  .tell(Event.Disconnected.of(Event.Direction.INBOUND, peer.remoteId(), reason));
            });
    return served;
  }
}
