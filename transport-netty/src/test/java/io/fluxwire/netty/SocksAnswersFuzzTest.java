package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import reactor.core.publisher.Mono;
import reactor.netty.tcp.TcpClient;

/**
 * Whatever a proxy answers, in any pieces, is a connection, with all that follows its answers left
 * for the peer's handshake, or a typed refusal.
 */
class SocksAnswersFuzzTest {

  private static final int SENT = 1500;
  private static final int DOMAIN = 3;
  private static final Set<Reason> REFUSALS =
      Set.of(Reason.PROXY_REFUSED, Reason.CONNECT_FAILED, Reason.PROXY_UNREACHABLE);
  private static final InetSocketAddress PROXY =
      InetSocketAddress.createUnresolved("proxy.example", 1080);

  private final SocksConnector connector =
      new SocksConnector(
          TcpClient.newConnection(),
          SocksProxy.of("proxy.example", 1080),
          new Names(Dns.shared()),
          address -> Mono.never());

  @FuzzTest
  void read(FuzzedDataProvider data) {
    boolean login = data.consumeBoolean();
    Socks5ProxyHandler handler =
        login
            ? new Socks5ProxyHandler(PROXY, "alice", "wonderland")
            : new Socks5ProxyHandler(PROXY);
    // What never answers is left to its timer, which is Netty's.
    handler.setConnectTimeoutMillis(0);
    SocksAnswers answers = new SocksAnswers();
    EmbeddedChannel channel = new EmbeddedChannel();
    SocksConnector.install(channel.pipeline(), handler, answers);
    ChannelFuture connecting =
        channel.connect(InetSocketAddress.createUnresolved("node.example", 9735));
    Future<Channel> connected = handler.connectFuture();

    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    List<ByteBuf> pieces = new ArrayList<>();
    while (data.remainingBytes() > 0 && sent.size() < SENT && channel.isOpen()) {
      byte[] piece = data.consumeBytes(data.consumeInt(1, 300));
      sent.writeBytes(piece);
      ByteBuf bytes = Unpooled.wrappedBuffer(piece);
      pieces.add(bytes);
      channel.pipeline().fireChannelRead(bytes).fireChannelReadComplete();
      channel.runPendingTasks();
    }
    boolean refused = connected.isDone() && !connected.isSuccess();
    assertThat(channel.isOpen()).as("it is closed once it is refused").isNotEqualTo(refused);
    byte[] peers = taken(channel);
    assertThat(channel.close().isDone()).isTrue();
    assertThat(connecting.isDone()).as("its own connecting is over").isTrue();

    byte[] all = sent.toByteArray();
    OptionalInt answered = answered(all, login);
    assertThat(connected.isDone()).as("it is decided").isTrue();
    if (connected.isSuccess()) {
      assertThat(answered).isPresent();
      assertThat(peers).isEqualTo(Arrays.copyOfRange(all, answered.getAsInt(), all.length));
    } else {
      assertThat(REFUSALS).contains(connector.failed(answers, connected.cause()).reason());
      // The name that a proxy may say it is connected to can be one that Netty takes for none.
      assertThat(answered.isEmpty() || all[answerAt(all) + 3] == DOMAIN).isTrue();
    }
    channel.releaseOutbound();
    assertThat(pieces).allMatch(piece -> piece.refCnt() == 0);
  }

  private static byte[] taken(EmbeddedChannel channel) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (ByteBuf next = channel.readInbound(); next != null; next = channel.readInbound()) {
      all.writeBytes(ByteBufUtil.getBytes(next));
      next.release();
    }
    return all.toByteArray();
  }

  /** Where the answer to the connect command begins, behind those to greeting and login. */
  private static int answerAt(byte[] all) {
    return all[1] == 0 ? 2 : 4;
  }

  /** How long the answers are by which a proxy has connected (RFC 1928, 1929); empty if not. */
  private static OptionalInt answered(byte[] all, boolean login) {
    if (all.length < 4 || all[0] != 5) {
      return OptionalInt.empty();
    }
    boolean asked = login && all[1] == 2;
    if (asked ? all[2] != 1 || all[3] != 0 : all[1] != 0) {
      return OptionalInt.empty();
    }
    int at = answerAt(all);
    if (all.length < at + 5 || all[at] != 5 || all[at + 1] != 0) {
      return OptionalInt.empty();
    }
    int address =
        switch (all[at + 3]) {
          case 1 -> 4;
          case DOMAIN -> 1 + Byte.toUnsignedInt(all[at + 4]);
          case 4 -> 16;
          default -> all.length;
        };
    int end = at + 4 + address + 2;
    return end > all.length ? OptionalInt.empty() : OptionalInt.of(end);
  }
}
