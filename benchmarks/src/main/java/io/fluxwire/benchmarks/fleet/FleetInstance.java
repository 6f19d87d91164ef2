package io.fluxwire.benchmarks.fleet;

import io.fluxwire.NodeId;
import io.fluxwire.access.Authorizer;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.Delivery;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.channel.redis.RedisChannelStore;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.InboundLimits;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.lettuce.core.RedisURI;
import io.netty.buffer.ByteBuf;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * One instance of a trial's fleet, as a process. It is told what to do by lines of its input:
 * {@code reach SECONDS}, {@code snapshot}, {@code leave}; and answers each by one line. It ends
 * when its input does.
 */
final class FleetInstance implements Callable<Integer> {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** How long a leaving instance takes for closing its connections. */
  private static final Duration DRAIN = Duration.ofSeconds(2);

  private static final Duration AGAIN = Duration.ofMillis(200);

  @Option(names = "--engine", required = true)
  private TrialEngine engine = TrialEngine.JGROUPS;

  @Option(names = "--where", required = true)
  private String where = "";

  @Option(names = "--name", required = true)
  private String name = "";

  @Option(names = "--address", required = true)
  private String address = "";

  @Option(names = "--port", required = true)
  private int port;

  @Option(names = "--engine-address", required = true)
  private String engineAddress = "";

  @Option(names = "--engine-port", required = true)
  private int enginePort;

  @Option(names = "--peers", required = true)
  private int peers;

  /** How many peers all instances share the dialling of, and where those listen. */
  @Option(names = "--dials", required = true)
  private int dials;

  @Option(names = "--dials-address", required = true)
  private String dialsAddress = "";

  @Option(names = "--dial-quorum", required = true)
  private int dialQuorum;

  /** Where channels are stored, as {@code HOST:PORT}; null for none. */
  @Option(names = "--channels")
  private @Nullable String channels;

  /** The folder of files, one a process, that the channels' packets are written to as lines. */
  @Option(names = "--record")
  private @Nullable Path record;

  private final PrintStream out = System.out;

  public static void main(String[] args) {
    System.exit(new CommandLine(new FleetInstance()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    NodeKey key = TrialKeys.node();
    PeerGroup<ByteBuf> local = PeerGroup.of(key.id());
    local.receive().subscribe();
    FleetGroup<ByteBuf> fleet =
        FleetGroup.of(
            local,
            PacketCodec.raw(),
            engine.create(engineAddress, enginePort, where),
            FleetSpec.of(name).dialQuorum(dialQuorum));
    DisposablePeerServer server = listen(key, fleet);
    fleet
        .join()
        .retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, AGAIN).filter(FleetEngineException.class::isInstance))
        .block(LIMIT);
    List<NodeId> dialled = TrialDials.ids(dials);
    for (int i = 0; i < dials; i++) {
      fleet.dial(dialled.get(i), TrialDials.client(i, dialsAddress));
    }
    out.println("joined");
    obey(new Reach(fleet, TrialKeys.peers(peers), dialled), fleet);
    fleet.drain(DRAIN).block(LIMIT);
    server.disposeNow(LIMIT);
    return 0;
  }

  private DisposablePeerServer listen(NodeKey key, FleetGroup<ByteBuf> fleet) {
    PeerServer<ByteBuf> server =
        PeerServer.create(key, PacketCodec.raw())
            .host(address)
            .port(port)
            .limits(limits -> InboundLimits.none())
            .refuseWhile(fleet::isDraining)
            .authorize(Authorizer.anyone())
            .handle(fleet.local()::accept);
    String store = channels;
    if (store != null) {
      int colon = store.lastIndexOf(':');
      RedisURI uri =
          RedisURI.create(store.substring(0, colon), Integer.parseInt(store.substring(colon + 1)));
      server =
          server.channels(
              ChannelSpec.of(
                  RedisChannelStore.builder(uri, key.id()).instance(name).allowLoss().build()),
              this::take);
    }
    return server.bindNow(LIMIT);
  }

  /** Writes each packet's number down before it is acknowledged. */
  private Mono<Void> take(PeerChannel<ByteBuf> channel) {
    return channel.handle(
        delivery ->
            Mono.fromRunnable(() -> write(channel, delivery))
                .subscribeOn(Schedulers.boundedElastic()));
  }

  private synchronized void write(PeerChannel<ByteBuf> channel, Delivery<ByteBuf> delivery) {
    if (record == null) {
      return;
    }
    try {
      Files.writeString(
          record.resolve(name + "-" + ProcessHandle.current().pid()),
          "%s %d %d%n"
              .formatted(channel.remoteId(), delivery.number(), delivery.packet().getLong(0)),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void obey(Reach reach, FleetGroup<ByteBuf> fleet) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "reach" ->
            out.println(reach.all(Duration.ofSeconds(Long.parseLong(words[1]))).block());
        case "snapshot" -> out.println(fleet.snapshot());
        case "leave" -> {
          return;
        }
        default -> throw new IllegalArgumentException("not a command: " + line);
      }
    }
  }
}
