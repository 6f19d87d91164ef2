package records;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.Delivery;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import java.nio.file.Path;
import java.util.function.LongFunction;
import reactor.core.publisher.Flux;
import records.wire.FeedPkt;

/** The plumbing: both sides go on where they were, however often either of them is killed. */
final class Feed {

  private Feed() {}

  /** Sends on from the number of the first record that is not stored for sending yet. */
  static PeerServer<FeedPkt> of(PeerServer<FeedPkt> server, LongFunction<Flux<FeedPkt>> records) {
    ChannelSpec spec = ChannelSpec.of(DiskChannelStore.create(Path.of("sent"))).maxBytes(1 << 18);
    return server.channels(spec, c -> c.send(records.apply(c.stored().next())).then(c.onClose()));
  }

  /** Receives on from the number of the first record that the application has not stored. */
  static Flux<Delivery<FeedPkt>> of(PeerClient<FeedPkt> client, long next) {
    ChannelSpec spec = ChannelSpec.of(DiskChannelStore.create(Path.of("taken"))).startAt(next);
    return Flux.usingWhen(client.channel("feed", spec), PeerChannel::receive, PeerChannel::close);
  }
}
