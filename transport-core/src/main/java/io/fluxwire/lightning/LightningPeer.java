package io.fluxwire.lightning;

import com.google.protobuf.ByteString;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerConnectionDecorator;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection with a Lightning node that has said what it can do: {@link InitSpec#exchange} makes
 * it. {@link #receive()} gives all messages but {@code ping} and {@code pong}: pings are answered
 * while somebody receives, as long as fewer than 64 answers wait to be written.
 */
public final class LightningPeer extends PeerConnectionDecorator<ByteBuf> {

  private final InitMessage init;
  private final Inbox inbox;

  LightningPeer(PeerConnection<ByteBuf> connection, InitMessage init, Inbox inbox) {
    super(connection);
    this.init = init;
    this.inbox = inbox;
  }

  /**
   * What the peer says that it can do.
   *
   * @return the bits of both fields of its {@code init}
   */
  public FeatureBits features() {
    return init.features();
  }

  /**
   * The networks, such as Bitcoin's or one of its test networks, that the peer names in its {@code
   * init}.
   *
   * @return of each, the hash of its first block: 64 hex digits, in the order of the bytes in the
   *     message, which is the reverse of the order in which hashes of blocks are mostly shown. In
   *     the peer's order; none if it names none
   */
  public List<String> networks() {
    List<String> hashes = new ArrayList<>();
    ByteString named = init.networks();
    for (int at = 0; at < named.size(); at += InitMessage.NETWORK_SIZE) {
      byte[] hash = named.substring(at, at + InitMessage.NETWORK_SIZE).toByteArray();
      hashes.add(HexFormat.of().formatHex(hash));
    }
    return List.copyOf(hashes);
  }

  /**
   * The type of a message.
   *
   * @param message as {@link #receive()} gives it, left as it is
   * @return its first two bytes, 0 to 65,535
   * @throws io.fluxwire.PacketException when it has fewer
   */
  public static int typeOf(ByteBuf message) {
    return MessageType.of(message);
  }

  /**
   * What the peer sends behind its {@code init}, but for pings and pongs. Else as that of every
   * connection: for one subscriber, on demand.
   *
   * @return the messages, each with its type; borrowed, released when {@code onNext} returns
   */
  @Override
  public Flux<ByteBuf> receive() {
    return inbox.receive();
  }

  /**
   * Asks the peer for an answer, and measures how long that takes. Its answer is only seen while
   * somebody {@linkplain #receive() receives}.
   *
   * @return emits the round-trip time; errors with {@link io.fluxwire.TooManyRequestsException} if
   *     16 pings have no answer yet, and as the connection ends. Never times out by itself
   */
  @Override
  public Mono<Duration> ping() {
    return inbox.ping();
  }
}
