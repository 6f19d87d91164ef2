package io.fluxwire.netty;

import io.fluxwire.HandshakeException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.CidrList;
import io.fluxwire.handshake.internal.ForeignProtocol;
import io.fluxwire.handshake.internal.MonoPrefix;
import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.AddressFamily;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.TransportProtocol;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The header of the PROXY protocol, version 1 or 2, by which a proxy says whose connection it
 * forwards. Where it ends is found here, so that what comes behind it is left to the handshake;
 * Netty's codec, which is optional, says what is in it.
 */
final class ProxyHeader {

  /** The longest line of version 1, with its end. */
  static final int MAX_V1 = 107;

  /** What any receiver has to take of version 2 (section 2.2 of its specification). */
  static final int MAX_V2 = 536;

  private static final byte[] LINE = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SIGNATURE =
      "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);

  /** What version 2 begins with: the signature, command and family, and the length of the rest. */
  private static final int V2_FIXED = SIGNATURE.length + 4;

  private ProxyHeader() {}

  /**
   * Loads the codec.
   *
   * @throws NoClassDefFoundError if it is not there
   */
  static void requireCodec() {
    decoder();
  }

  private static HAProxyMessageDecoder decoder() {
    return new HAProxyMessageDecoder(MAX_V2);
  }

  /**
   * Reads the header that a proxy's connection has to begin with.
   *
   * @param duplex the connection; subscribe on its scheduler
   * @return emits the address of the proxy's client, or the connection's own where the header names
   *     none, with the bytes behind the header unread. Empty for a health check: the connection
   *     ended before there was a byte of a client. Errors with {@link HandshakeException}
   */
  static Mono<SocketAddress> read(ByteDuplex duplex) {
    return new MonoPrefix(duplex, SIGNATURE.length, ProxyHeader::size)
        .map(ProxyHeader::decode)
        .flatMap(
            source -> {
              InetSocketAddress client = source.address;
              // HAProxy's health checks of version 1 name where they come from themselves.
              return client == null || client.equals(duplex.remoteAddress())
                  ? ofClient(duplex).map(first -> duplex.remoteAddress())
                  : Mono.just(client);
            })
        .onErrorResume(failure -> !(failure instanceof PeerException), broken -> Mono.empty());
  }

  /** The client's address; null if the header names none. */
  private record Source(@Nullable InetSocketAddress address) {}

  /** The first byte of a client, which is left for the handshake; empty if none comes. */
  private static Mono<byte[]> ofClient(ByteDuplex duplex) {
    return new MonoPrefix(duplex, 1, (prefix, filled, last) -> 1)
        .doOnNext(first -> duplex.unread(Unpooled.wrappedBuffer(first)));
  }

  private static int size(byte[] header, int filled, boolean last) {
    boolean isV1 = startsAs(LINE, header, filled);
    if (!isV1 && !startsAs(SIGNATURE, header, filled)) {
      throw missing(header, filled);
    }
    if (last && filled < header.length) {
      throw malformed("the stream ended %d bytes into it".formatted(filled));
    }
    if (filled < SIGNATURE.length) {
      return SIGNATURE.length;
    }
    return isV1 ? sizeOfV1(header, filled) : sizeOfV2(header, filled);
  }

  private static boolean startsAs(byte[] start, byte[] header, int filled) {
    int common = Math.min(start.length, filled);
    return Arrays.equals(start, 0, common, header, 0, common);
  }

  private static HandshakeException missing(byte[] bytes, int filled) {
    return new HandshakeException(
        Reason.PROXY_HEADER_MISSING,
        "this address is named as a proxy's, and what it sent is no header of the PROXY protocol:"
            + " it "
            + ForeignProtocol.describe(bytes, filled, true, "begins with something else"));
  }

  private static int sizeOfV2(byte[] header, int filled) {
    if (filled < V2_FIXED) {
      return V2_FIXED;
    }
    int size =
        V2_FIXED
            + (Byte.toUnsignedInt(header[V2_FIXED - 2]) << Byte.SIZE)
            + Byte.toUnsignedInt(header[V2_FIXED - 1]);
    if (size > MAX_V2) {
      throw malformed("it has %d bytes, and %d are allowed".formatted(size, MAX_V2));
    }
    return size;
  }

  /** Nothing says how long a line is: it is taken byte by byte. */
  private static int sizeOfV1(byte[] line, int filled) {
    if (line[filled - 2] == '\r' && line[filled - 1] == '\n') {
      return filled;
    }
    if (filled == MAX_V1) {
      throw malformed("its line does not end within %d bytes".formatted(MAX_V1));
    }
    return filled + 1;
  }

  private static HandshakeException malformed(String why) {
    return new HandshakeException(
        Reason.PROXY_HEADER_MALFORMED, "the proxy's header cannot be used: " + why);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // such a channel is closed at once
  private static Source decode(byte[] header) {
    EmbeddedChannel channel = new EmbeddedChannel(decoder());
    HAProxyMessage message = null;
    try {
      channel.writeInbound(Unpooled.wrappedBuffer(header));
      message = channel.readInbound();
      return source(message);
    } catch (HandshakeException e) {
      throw e;
    } catch (RuntimeException e) {
      // The codec says what is wrong by exceptions of many kinds.
      throw malformed(String.valueOf(e.getMessage()));
    } finally {
      if (message != null) {
        message.release();
      }
      channel.close();
      channel.releaseInbound();
    }
  }

  private static Source source(@Nullable HAProxyMessage message) {
    if (message == null) {
      throw malformed("its length does not fit its version");
    }
    AddressFamily family = message.proxiedProtocol().addressFamily();
    if (family != AddressFamily.AF_IPv4 && family != AddressFamily.AF_IPv6) {
      return new Source(null);
    }
    if (message.proxiedProtocol().transportProtocol() != TransportProtocol.STREAM) {
      throw malformed("it tells of datagrams, and this is a connection");
    }
    return new Source(new InetSocketAddress(ip(message.sourceAddress()), message.sourcePort()));
  }

  private static InetAddress ip(String text) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
    if (bytes == null) {
      throw malformed("its address is none");
    }
    try {
      return CidrList.canonical(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw malformed("its address is none");
    }
  }
}
