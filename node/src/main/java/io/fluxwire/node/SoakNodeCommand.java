package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.access.Authorizer;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.Delivery;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * One of the two processes of {@code soak --kill}. It ends with its standard input, so that it does
 * not outlive who started it, and says on standard output what its store has.
 */
@Command(name = "soak-node", hidden = true, description = "One of the nodes of soak --kill.")
final class SoakNodeCommand implements Callable<Integer> {

  /** Little, so that the bound is met. */
  private static final long MAX_BYTES = 1 << 20;

  private static final Duration REPORT = Duration.ofMillis(50);

  @ParentCommand private Main main;
  @Mixin private UpgradeOptions upgrade;

  @Option(names = "--key", required = true)
  private Path key;

  @Option(names = "--peer", required = true)
  private NodeId peer;

  @Option(names = "--store", required = true)
  private Path directory;

  @Option(names = "--port", required = true)
  private int port;

  @Option(names = "--dial")
  private boolean dials;

  @Option(names = "--seed", required = true)
  private long seed;

  @Option(names = "--peers-seed", required = true)
  private long peersSeed;

  @Option(names = "--size", required = true)
  private int size;

  private final Sinks.Empty<Void> failed = Sinks.empty();
  private volatile boolean finishing;

  @Override
  public Integer call() throws IOException {
    // A signal from a terminal is also for who started this, and ends it in good order.
    main.stop().subscribe();
    NodeKey own = NodeKey.load(key);
    PacketCodec<NodePkt> codec = PacketCodec.protobuf(NodePkt.getDefaultInstance());
    ChannelSpec spec = ChannelSpec.of(DiskChannelStore.create(directory)).maxBytes(MAX_BYTES);
    UpgradePolicy policy = upgrade.policy();
    DisposablePeerServer server = null;
    Mono<Void> streaming;
    if (dials) {
      streaming =
          PeerClient.create(own, codec)
              .remote("127.0.0.1", port)
              .expect(peer)
              .upgrade(policy)
              .reconnect(r -> r.backoff(Duration.ofMillis(50), Duration.ofMillis(500)))
              .channel("soak", spec)
              .flatMap(this::stream);
    } else {
      server =
          PeerServer.create(own, codec)
              .host("127.0.0.1")
              .port(port)
              .upgrade(policy)
              .authorize(Authorizer.allowing(List.of(peer)))
              .channels(spec, channel -> stream(channel).doOnError(failed::tryEmitError))
              .bindNow();
      say("listening %d", server.port());
      streaming = failed.asMono();
    }
    Mono.firstWithSignal(ordered(), streaming.then(Mono.<Void>never())).block();
    if (server != null) {
      server.disposeNow(StopSignal.DRAIN_TIMEOUT);
    }
    return 0;
  }

  /** Completes with the input. */
  private Mono<Void> ordered() {
    return Mono.<Void>fromRunnable(
            () -> {
              Scanner orders = new Scanner(System.in, StandardCharsets.US_ASCII);
              while (orders.hasNextLine()) {
                if (orders.nextLine().equals("finish")) {
                  finishing = true;
                }
              }
            })
        .subscribeOn(Schedulers.newSingle("orders", true));
  }

  private Mono<Void> stream(PeerChannel<NodePkt> channel) {
    ChannelState opened = channel.stored();
    Stream stream = new Stream(channel, opened.received());
    stream.report("opened");
    SoakPackets own = new SoakPackets(seed, size);
    Flux<NodePkt> packets =
        Flux.generate(
            opened::next,
            (number, sink) -> {
              if (finishing) {
                sink.complete();
              } else {
                sink.next(own.packet(number));
              }
              return number + 1;
            });
    // What a source gives at once is bounded, but it is not to keep an event loop for itself.
    Mono<Void> sending =
        channel
            .send(packets.subscribeOn(Schedulers.parallel()))
            .doOnNext(next -> stream.finished = true)
            .then();
    Flux<?> reporting =
        Flux.interval(REPORT).onBackpressureDrop().doOnNext(tick -> stream.report("state"));
    return Mono.when(channel.receive().doOnNext(stream::arrived), sending, reporting);
  }

  private void say(String format, Object... values) {
    main.out().tell(format.formatted(values));
  }

  private final class Stream {

    private final PeerChannel<NodePkt> channel;
    private final SoakPackets expected = new SoakPackets(peersSeed, size);
    private volatile boolean finished;
    private volatile long due;

    Stream(PeerChannel<NodePkt> channel, long due) {
      this.channel = channel;
      this.due = due;
    }

    private void arrived(Delivery<NodePkt> delivery) {
      long number = due;
      String fault =
          delivery.number() == number
              ? expected.fault(delivery.packet(), number)
              : "number %,d where %,d was due".formatted(delivery.number(), number);
      if (fault != null) {
        say("wrong %s", fault);
        throw new IllegalStateException(fault);
      }
      due = number + 1;
      delivery.acknowledge();
    }

    private void report(String what) {
      long taken = due;
      boolean all = finished;
      ChannelState stored = channel.stored();
      say("%s %d %d %d %d %b", what, stored.first(), stored.next(), stored.received(), taken, all);
    }
  }
}
