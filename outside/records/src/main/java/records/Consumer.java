package records;

import io.fluxwire.channel.Delivery;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import records.wire.FeedPkt;

/** Stores every record of the producer's, once and in its place. */
public final class Consumer {

  private static final int PART = 1_000;

  private Consumer() {}

  /** Runs on a thread that may wait for the file. Emits the end, which is not acknowledged. */
  private static Mono<FeedPkt> store(RecordFile file, Delivery<FeedPkt> delivery, Duration pause) {
    FeedPkt packet = delivery.packet();
    if (packet.hasEnd()) {
      return Mono.just(packet);
    }
    file.append(packet.getRecord().getNumber());
    delivery.acknowledge();
    return packet.getRecord().getNumber() % PART == 0
        ? Mono.delay(pause, Schedulers.boundedElastic()).then(Mono.empty())
        : Mono.empty();
  }

  /** Usage: {@code records.Consumer PORT [MILLIS]}, with a pause after each 1,000 records. */
  public static void main(String[] args) throws IOException {
    Duration pause = Duration.ofMillis(args.length > 1 ? Long.parseLong(args[1]) : 0);
    PeerClient<FeedPkt> client =
        PeerClient.create(NodeKey.loadOrCreate(Path.of("consumer.key")), Producer.CODEC)
            .remote("127.0.0.1", Integer.parseInt(args[0]))
            .expect(NodeKey.loadOrCreate(Path.of("producer.key")).id());
    try (RecordFile file = RecordFile.open(Path.of("records.bin"))) {
      System.out.println("stores from " + file.next());
      FeedPkt end =
          Feed.of(client, file.next())
              .publishOn(Schedulers.boundedElastic())
              .concatMap(delivery -> store(file, delivery, pause))
              .blockFirst();
      file.verify(end.getEnd().getCount());
      System.out.println("verified " + file.next());
    }
  }
}
