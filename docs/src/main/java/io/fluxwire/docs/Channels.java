package io.fluxwire.docs;

import chat.Chat;
import chat.proto.ChatPkt;
import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The page on channels. */
final class Channels {

  private Channels() {}

  static Mono<PeerChannel<ChatPkt>> orders(NodeKey key, String host, int port, NodeId shop) {
    ChannelStore store = DiskChannelStore.create(Path.of("channels"));
    return PeerClient.create(key, Chat.CODEC)
        .remote(host, port)
        .expect(shop)
        .channel("orders", ChannelSpec.of(store));
  }

  static Mono<Void> order(PeerChannel<ChatPkt> channel, Flux<ChatPkt> orders) {
    return channel
        .send(orders)
        // Stored: they will arrive, whatever happens to this process or to the network.
        .flatMap(channel::acknowledged);
    // Acknowledged: the shop has them.
  }

  static DisposablePeerServer shop(NodeKey key, ChannelStore store, Consumer<String> book) {
    return PeerServer.create(key, Chat.CODEC)
        .channels(
            ChannelSpec.of(store),
            channel ->
                channel.handle(
                    delivery -> {
                      book.accept(delivery.packet().getSay().getText());
                      return Mono.empty();
                    }))
        .bindNow();
  }

  static DisposablePeerServer bank(NodeKey key, int port, ChannelStore store, Ledger ledger)
      throws SQLException {
    return PeerServer.create(key, Chat.CODEC)
        .port(port)
        .channels(
            ChannelSpec.of(store).startAt(ledger.position()),
            channel ->
                channel.handle(
                    delivery ->
                        Mono.fromCallable(() -> ledger.book(delivery))
                            .subscribeOn(Schedulers.boundedElastic())))
        .bindNow();
  }
}
