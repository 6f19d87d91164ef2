package io.fluxwire.netty;

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
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.util.NetUtil;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A name server on loopback, whose answers hold for a minute unless a test says otherwise. */
final class ZoneServer implements AutoCloseable {

  private final Map<String, List<String>> zone = new ConcurrentHashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel server;
  private volatile int timeToLive = 60;

  ZoneServer() {
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
                            new Answers());
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  /**
   * What to answer from now on; what is not here meets silence.
   *
   * @param data addresses, or of an SRV record priority, weight, port and target, or anything in
   *     hexadecimal digits; none for "no such name"
   */
  ZoneServer has(DnsRecordType type, String name, String... data) {
    zone.put(question(type, name), List.of(data));
    return this;
  }

  /** How long what is answered from now on holds, in seconds. */
  ZoneServer timeToLive(int seconds) {
    timeToLive = seconds;
    return this;
  }

  /** The questions that came, as {@code "A node.example."}. */
  List<String> asked() {
    return asked;
  }

  /** Makes a resolver ask here. */
  DnsNameResolverBuilder serve(DnsNameResolverBuilder resolver) {
    return resolver.nameServerProvider(
        new SingletonDnsServerAddressStreamProvider((InetSocketAddress) server.localAddress()));
  }

  private static String question(DnsRecordType type, String name) {
    return type.name() + " " + name;
  }

  private static byte[] data(String text) {
    byte[] ip = NetUtil.createByteArrayFromIpAddressString(text);
    if (ip != null) {
      return ip;
    }
    String[] parts = text.split(" ", -1);
    if (parts.length != 4) {
      return HexFormat.of().parseHex(text);
    }
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (int i = 0; i < 3; i++) {
      int number = Integer.parseInt(parts[i]);
      data.write(number >>> Byte.SIZE);
      data.write(number);
    }
    for (String label : parts[3].split("\\.", -1)) {
      data.write(label.length());
      data.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    }
    data.write(0);
    return data.toByteArray();
  }

  @Override
  public void close() {
    server.close().syncUninterruptibly();
    loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Answers extends SimpleChannelInboundHandler<DatagramDnsQuery> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramDnsQuery query) {
      DnsQuestion question = query.recordAt(DnsSection.QUESTION);
      String asking = question(question.type(), question.name());
      asked.add(asking);
      List<String> addresses = zone.get(asking);
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
                timeToLive,
                Unpooled.wrappedBuffer(data(address))));
      }
      ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }
  }
}
