package io.fluxwire.benchmarks.wire;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.ldk.structs.ChannelAnnouncement;
import org.ldk.structs.ChannelUpdate;
import org.ldk.structs.CustomMessageHandler;
import org.ldk.structs.ErroringMessageHandler;
import org.ldk.structs.Init;
import org.ldk.structs.Logger;
import org.ldk.structs.MessageSendEvent;
import org.ldk.structs.NodeAnnouncement;
import org.ldk.structs.Option_TypeZ;
import org.ldk.structs.PeerManager;
import org.ldk.structs.QueryChannelRange;
import org.ldk.structs.QueryShortChannelIds;
import org.ldk.structs.ReplyChannelRange;
import org.ldk.structs.ReplyShortChannelIdsEnd;
import org.ldk.structs.Result_COption_TypeZDecodeErrorZ;
import org.ldk.structs.Result_NoneLightningErrorZ;
import org.ldk.structs.Result_boolLightningErrorZ;
import org.ldk.structs.RoutingMessageHandler;
import org.ldk.structs.RoutingMessageHandler.RoutingMessageHandlerInterface;
import org.ldk.structs.ThreeTuple_ChannelAnnouncementChannelUpdateChannelUpdateZ;
import org.ldk.structs.TwoTuple_PublicKeyTypeZ;
import org.ldk.structs.Type;
import org.ldk.structs.Type.TypeInterface;

/**
 * A node of LDK's {@code PeerManager}, and no more of a node than {@code init} and messages of a
 * custom type.
 */
final class LdkNode {

  /** Odd, so that it may be ignored, and of the range for custom messages. */
  private static final short CUSTOM = (short) 40_001;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final PeerManager peers;
  private final LdkSockets sockets;

  /** What a node does with its peers. The calls come on the node's own thread. */
  interface Uses {

    /** A peer has sent its init. */
    default void connected(byte[] peer) {}

    /** A message has come, of so many bytes. */
    default void message(int size) {}

    /** What to send now. */
    default TwoTuple_PublicKeyTypeZ[] pending() {
      return new TwoTuple_PublicKeyTypeZ[0];
    }
  }

  LdkNode(byte[] secret, Uses uses) {
    byte[] random = new byte[32];
    RANDOM.nextBytes(random);
    peers =
        PeerManager.of(
            ErroringMessageHandler.of().as_ChannelMessageHandler(),
            routing(uses::connected),
            secret,
            random,
            Logger.new_impl(record -> {}),
            custom(uses));
    sockets = new LdkSockets(peers);
  }

  private static CustomMessageHandler custom(Uses uses) {
    IntConsumer counted = uses::message;
    return CustomMessageHandler.new_impl(
        new CustomMessageHandler.CustomMessageHandlerInterface() {
          @Override
          public Result_NoneLightningErrorZ handle_custom_message(Type message, byte[] from) {
            return Result_NoneLightningErrorZ.ok();
          }

          @Override
          public TwoTuple_PublicKeyTypeZ[] get_and_clear_pending_msg() {
            return uses.pending();
          }
        },
        (type, body) -> {
          counted.accept(body.length + Short.BYTES);
          // It is counted, which is all that is wanted: LDK need not make an object of it.
          return Result_COption_TypeZDecodeErrorZ.ok(Option_TypeZ.none());
        });
  }

  /** A message for a peer, of so many bytes with its type. */
  static TwoTuple_PublicKeyTypeZ message(byte[] peer, byte[] body) {
    return TwoTuple_PublicKeyTypeZ.of(
        peer,
        Type.new_impl(
            new TypeInterface() {
              @Override
              public short type_id() {
                return CUSTOM;
              }

              @Override
              public String debug_str() {
                return "custom";
              }

              @Override
              public byte[] write() {
                return body;
              }
            }));
  }

  void listen(InetSocketAddress address) {
    sockets.listen(address);
  }

  void connect(byte[] peer, InetSocketAddress address) {
    sockets.connect(peer, address);
  }

  void disconnect(byte[] peer) {
    sockets.execute(() -> peers.disconnect_by_node_id(peer, false));
  }

  /** Has the node's thread ask what there is to send. */
  void wakeUp() {
    sockets.execute(() -> {});
  }

  void stop() {
    sockets.stop();
  }

  /** Ignores all gossip; its default is not asked who connects. */
  private static RoutingMessageHandler routing(Consumer<byte[]> connected) {
    return RoutingMessageHandler.new_impl(
        new RoutingMessageHandlerInterface() {
          @Override
          public Result_boolLightningErrorZ handle_node_announcement(NodeAnnouncement message) {
            return Result_boolLightningErrorZ.ok(false);
          }

          @Override
          public Result_boolLightningErrorZ handle_channel_announcement(
              ChannelAnnouncement message) {
            return Result_boolLightningErrorZ.ok(false);
          }

          @Override
          public Result_boolLightningErrorZ handle_channel_update(ChannelUpdate message) {
            return Result_boolLightningErrorZ.ok(false);
          }

          @Override
          public ThreeTuple_ChannelAnnouncementChannelUpdateChannelUpdateZ[]
              get_next_channel_announcements(long start, byte amount) {
            return new ThreeTuple_ChannelAnnouncementChannelUpdateChannelUpdateZ[0];
          }

          @Override
          public NodeAnnouncement[] get_next_node_announcements(byte[] start, byte amount) {
            return new NodeAnnouncement[0];
          }

          @Override
          public void peer_connected(byte[] peer, Init init) {
            connected.accept(peer);
          }

          @Override
          public Result_NoneLightningErrorZ handle_reply_channel_range(
              byte[] peer, ReplyChannelRange message) {
            return Result_NoneLightningErrorZ.ok();
          }

          @Override
          public Result_NoneLightningErrorZ handle_reply_short_channel_ids_end(
              byte[] peer, ReplyShortChannelIdsEnd message) {
            return Result_NoneLightningErrorZ.ok();
          }

          @Override
          public Result_NoneLightningErrorZ handle_query_channel_range(
              byte[] peer, QueryChannelRange message) {
            return Result_NoneLightningErrorZ.ok();
          }

          @Override
          public Result_NoneLightningErrorZ handle_query_short_channel_ids(
              byte[] peer, QueryShortChannelIds message) {
            return Result_NoneLightningErrorZ.ok();
          }
        },
        () -> new MessageSendEvent[0]);
  }
}
