package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.netty.tcp.TcpClient;

/** Names by real DNS messages, from a server on loopback. */
class NamesTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String NAME = "node.example.";

  /** A name's addresses of a type; none for "no such name", and silence for what is not here. */
  private final Map<DnsRecordType, List<String>> zone = new ConcurrentHashMap<>();

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private Channel server;
  private Names names;

  @BeforeEach
  void start() {
    server =
        new Bootstrap()
            .group(loops)
            .channel(NioDatagramChannel.class)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new DatagramDnsQueryDecoder(),
                            new DatagramDnsResponseEncoder(),
                            new Zone());
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
    InetSocketAddress address = (InetSocketAddress) server.localAddress();
    names =
        new Names(
            dns ->
                dns.nameServerProvider(new SingletonDnsServerAddressStreamProvider(address))
                    .queryTimeoutMillis(2_000));
  }

  @AfterEach
  void stop() {
    server.close().syncUninterruptibly();
    loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private Flux<List<InetSocketAddress>> addresses() {
    return names
        .source(InetSocketAddress.createUnresolved(NAME, 9735), TcpClient.newConnection())
        .addresses()
        .cast(List.class)
        .map(NamesTest::typed);
  }

  @SuppressWarnings("unchecked")
  private static List<InetSocketAddress> typed(List<?> addresses) {
    return (List<InetSocketAddress>) addresses;
  }

  private static List<String> literals(List<InetSocketAddress> addresses) {
    return addresses.stream()
        .map(address -> address.getAddress().getHostAddress() + ":" + address.getPort())
        .toList();
  }

  @Test
  void bothFamiliesAreAskedForApart() {
    zone.put(DnsRecordType.A, List.of("127.0.0.2", "127.0.0.3"));
    zone.put(DnsRecordType.AAAA, List.of("::1"));

    List<List<InetSocketAddress>> answers = addresses().collectList().block(LIMIT);

    assertThat(answers).hasSize(2);
    assertThat(answers.stream().map(NamesTest::literals))
        .containsExactlyInAnyOrder(
            List.of("127.0.0.2:9735", "127.0.0.3:9735"), List.of("0:0:0:0:0:0:0:1:9735"));
    assertThat(asked).containsExactlyInAnyOrder("A node.example.", "AAAA node.example.");
  }

  @Test
  void anAnswerThatDoesNotComeDoesNotHoldUpTheOtherOne() {
    zone.put(DnsRecordType.A, List.of("127.0.0.2"));

    List<InetSocketAddress> first = addresses().blockFirst(LIMIT);

    assertThat(literals(first)).containsExactly("127.0.0.2:9735");
  }

  @Test
  void oneFamilyIsEnough() {
    zone.put(DnsRecordType.A, List.of());
    zone.put(DnsRecordType.AAAA, List.of("::1"));

    List<List<InetSocketAddress>> answers = addresses().collectList().block(LIMIT);

    assertThat(answers).singleElement().satisfies(found -> assertThat(found).hasSize(1));
  }

  @Test
  void aNameThatNobodyKnowsIsAnError() {
    zone.put(DnsRecordType.A, List.of());
    zone.put(DnsRecordType.AAAA, List.of());

    assertThatThrownBy(() -> addresses().blockLast(LIMIT))
        .hasCauseInstanceOf(UnknownHostException.class)
        .hasMessageContaining("node.example");
  }

  @Test
  void anAnswerIsKeptForItsTtl() {
    zone.put(DnsRecordType.A, List.of("127.0.0.2"));
    zone.put(DnsRecordType.AAAA, List.of("::1"));
    addresses().blockLast(LIMIT);
    addresses().blockLast(LIMIT);

    // The cache belongs to a resolver, of which each event loop has one.
    assertThat(asked.size()).isBetween(2, 4);
  }

  /** Answers what it knows, with a TTL of a minute. */
  private final class Zone extends SimpleChannelInboundHandler<DatagramDnsQuery> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramDnsQuery query) {
      DnsQuestion question = query.recordAt(DnsSection.QUESTION);
      asked.add(question.type().name() + " " + question.name());
      List<String> addresses = zone.get(question.type());
      if (addresses == null) {
        return;
      }
      DatagramDnsResponse response =
          new DatagramDnsResponse(
              /* sender= */ query.recipient(), /* recipient= */ query.sender(), query.id());
      response.setRecursionAvailable(true);
      response.addRecord(
          DnsSection.QUESTION, new DefaultDnsQuestion(question.name(), question.type()));
      if (addresses.isEmpty()) {
        response.setCode(DnsResponseCode.NXDOMAIN);
      }
      for (String address : addresses) {
        response.addRecord(
            DnsSection.ANSWER,
            new DefaultDnsRawRecord(
                question.name(),
                question.type(),
                60,
                Unpooled.wrappedBuffer(NetUtil.createByteArrayFromIpAddressString(address))));
      }
      ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }
  }
}
