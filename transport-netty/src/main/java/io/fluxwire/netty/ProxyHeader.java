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
 * Reads the header of the PROXY protocol, version 1 or 2, in which a proxy names the client whose
 * connection it forwards. This class finds the end of the header, so that the bytes after it are
 * left for the handshake; Netty's codec, an optional dependency, decodes the header.
 */
final class ProxyHeader {

  /** The longest line of version 1, CRLF included. */
  static final int MAX_V1 = 107;

  /**
   * The longest header of version 2 that is accepted: what every receiver has to accept (section
   * 2.2 of its specification).
   */
  static final int MAX_V2 = 536;

  private static final byte[] LINE = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SIGNATURE =
      "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);

  /** The size of version 2's fixed part: signature, command, family, and the length of the rest. */
  private static final int V2_FIXED = SIGNATURE.length + 4;

  private ProxyHeader() {}

  /**
   * Checks that the codec is on the class path.
   *
   * @throws NoClassDefFoundError if it is not
   */
  static void requireCodec() {
    decoder();
  }

  private static HAProxyMessageDecoder decoder() {
    return new HAProxyMessageDecoder(MAX_V2);
  }

  /**
   * Reads the header, with which every connection from a proxy has to begin.
   *
   * @param duplex the connection; subscribe on its scheduler
   * @return emits the address of the proxy's client, or the connection's own address if the header
   *     names none; the bytes after the header are left to be read. Empty for a health check, where
   *     the connection ends before the first byte of a client. Errors with {@link
   *     HandshakeException}
   */
  static Mono<SocketAddress> read(ByteDuplex duplex) {
    return new MonoPrefix(duplex, SIGNATURE.length, ProxyHeader::size)
        .map(ProxyHeader::decode)
        .flatMap(
            source -> {
              InetSocketAddress client = source.address;
              // HAProxy's version 1 health checks name the proxy's own address as the client's.
              return client == null || client.equals(duplex.remoteAddress())
                  ? ofClient(duplex).map(first -> duplex.remoteAddress())
                  : Mono.just(client);
            })
        .onErrorResume(failure -> !(failure instanceof PeerException), broken -> Mono.empty());
  }

  /** The client's address; null if the header names none. */
  private record Source(@Nullable InetSocketAddress address) {}

  /** Waits for the first byte of a client, and leaves it for the handshake; empty if none comes. */
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
        "connections of this proxy must begin with a header of the PROXY protocol, but this one "
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

  /** The length of a line is not known in advance, so it is read byte by byte. */
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
      // The codec reports malformed headers by exceptions of many types.
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
      throw malformed("it describes datagrams, and this is a stream");
    }
    return new Source(new InetSocketAddress(ip(message.sourceAddress()), message.sourcePort()));
  }

  private static InetAddress ip(String text) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
    if (bytes == null) {
      throw malformed("its address cannot be read");
    }
    try {
      return CidrList.canonical(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw malformed("its address cannot be read");
    }
  }
}
