package records;

import io.fluxwire.access.Authorizer;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import reactor.core.publisher.Flux;
import records.wire.End;
import records.wire.FeedPkt;
import records.wire.Item;

/** Has records, which it numbers from 0 on, for one consumer. */
public final class Producer {

  static final PacketCodec<FeedPkt> CODEC = PacketCodec.protobuf(FeedPkt.getDefaultInstance());

  private Producer() {}

  private static Flux<FeedPkt> records(long from, long count) {
    System.out.println("produces from " + from);
    return Flux.generate(
        () -> from,
        (number, sink) -> {
          if (number < count) {
            sink.next(record(number));
          } else {
            sink.next(FeedPkt.newBuilder().setEnd(End.newBuilder().setCount(count)).build());
            sink.complete();
          }
          return number + 1;
        });
  }

  private static FeedPkt record(long number) {
    Item item = Item.newBuilder().setNumber(number).setBody("record number " + number).build();
    return FeedPkt.newBuilder().setRecord(item).build();
  }

  /** Usage: {@code records.Producer PORT [COUNT]}, in a folder that has both keys. */
  public static void main(String[] args) throws IOException {
    long count = args.length > 1 ? Long.parseLong(args[1]) : 1_000_000;
    NodeKey consumer = NodeKey.loadOrCreate(Path.of("consumer.key"));
    PeerServer<FeedPkt> server =
        PeerServer.create(NodeKey.loadOrCreate(Path.of("producer.key")), CODEC)
            .host("127.0.0.1")
            .port(Integer.parseInt(args[0]))
            .authorize(Authorizer.allowing(List.of(consumer.id())));
    try (DisposablePeerServer bound = Feed.of(server, from -> records(from, count)).bindNow()) {
      System.out.println("listens on port " + bound.port());
      bound.onDispose().block();
    }
  }
}
