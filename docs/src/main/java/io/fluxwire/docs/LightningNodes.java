package io.fluxwire.docs;

import io.fluxwire.dial.PeerAddress;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.lightning.FeatureBits;
import io.fluxwire.lightning.InitSpec;
import io.fluxwire.lightning.LightningCodec;
import io.fluxwire.lightning.LightningPeer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Samples of the page on Lightning nodes. */
final class LightningNodes {

  /** Bitcoin's first block, as messages of gossip name the chain. */
  private static final String CHAIN =
      "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000";

  private static final int GOSSIP_TIMESTAMP_FILTER = 265;

  private LightningNodes() {}

  static Flux<String> gossip(NodeKey key, String node) {
    InitSpec init = InitSpec.create().features(FeatureBits.of(7, 13)).acceptUnknown();
    return PeerClient.create(key, LightningCodec.create())
        .dialect(Dialect.BOLT8)
        .remote(PeerAddress.parse(node))
        .connect()
        .flatMap(init::exchange)
        .flatMapMany(
            peer ->
                peer.sendOne(everythingFromNowOn())
                    .thenMany(peer.receive().map(LightningNodes::name)));
  }

  private static ByteBuf everythingFromNowOn() {
    int now = (int) (System.currentTimeMillis() / 1000);
    return Unpooled.buffer()
        .writeShort(GOSSIP_TIMESTAMP_FILTER)
        .writeBytes(java.util.HexFormat.of().parseHex(CHAIN))
        .writeInt(now)
        .writeInt(-1);
  }

  private static String name(ByteBuf message) {
    return switch (LightningPeer.typeOf(message)) {
      case 256 -> "a channel is announced";
      case 257 -> "a node is announced";
      case 258 -> "a channel's terms changed";
      default -> "a message of type " + LightningPeer.typeOf(message);
    };
  }

  static PeerServer<ByteBuf> greeter(NodeKey key) {
    InitSpec init = InitSpec.create().features(FeatureBits.of(13));
    return PeerServer.create(key, LightningCodec.create())
        .dialects(Dialect.BOLT8)
        .handle(peer -> init.exchange(peer).flatMap(LightningNodes::serve));
  }

  private static Mono<Void> serve(LightningPeer peer) {
    return peer.receive().then();
  }

  static PeerServer<ByteBuf> both(NodeKey key) {
    return PeerServer.create(key, PacketCodec.raw()).dialects(Dialect.V3, Dialect.BOLT8);
  }
}
