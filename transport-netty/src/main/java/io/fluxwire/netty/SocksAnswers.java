package io.fluxwire.netty;

import io.fluxwire.PeerConnectException;
import io.fluxwire.Reason;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandResponse;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5InitialResponse;
import io.netty.handler.codec.socksx.v5.Socks5Message;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthResponse;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthStatus;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Sees the answers of a SOCKS proxy before Netty's handler does, which tells of a refusal by a text
 * alone. Belongs to one connection, and to its event loop.
 */
final class SocksAnswers extends ChannelInboundHandlerAdapter {

  private boolean isSocks;

  /** Whether a SOCKS 5 proxy has answered. */
  boolean isSocks() {
    return isSocks;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    PeerConnectException refusal = message instanceof Socks5Message answer ? refusal(answer) : null;
    if (refusal != null) {
      ReferenceCountUtil.release(message);
      ctx.fireExceptionCaught(refusal);
      return;
    }
    ctx.fireChannelRead(message);
    if (message instanceof Socks5CommandResponse) {
      // What comes now is the peer's.
      ctx.pipeline().remove(this);
    }
  }

  private @Nullable PeerConnectException refusal(Socks5Message answer) {
    if (answer.decoderResult().isFailure()) {
      return new PeerConnectException(
          Reason.PROXY_UNREACHABLE, "what answers there does not speak SOCKS 5");
    }
    isSocks = true;
    if (answer instanceof Socks5InitialResponse initial
        && initial.authMethod().equals(Socks5AuthMethod.UNACCEPTED)) {
      return refused("it wants another way to log in");
    }
    if (answer instanceof Socks5PasswordAuthResponse login
        && !login.status().equals(Socks5PasswordAuthStatus.SUCCESS)) {
      return refused("it does not take this user name and password");
    }
    return answer instanceof Socks5CommandResponse connected ? refusal(connected.status()) : null;
  }

  private static @Nullable PeerConnectException refusal(Socks5CommandStatus status) {
    if (status.equals(Socks5CommandStatus.SUCCESS)) {
      return null;
    }
    String text = status.toString();
    return status.equals(Socks5CommandStatus.FORBIDDEN)
            || status.equals(Socks5CommandStatus.COMMAND_UNSUPPORTED)
            || status.equals(Socks5CommandStatus.ADDRESS_UNSUPPORTED)
        ? refused(text)
        : new PeerConnectException(Reason.CONNECT_FAILED, text);
  }

  private static PeerConnectException refused(String why) {
    return new PeerConnectException(Reason.PROXY_REFUSED, why);
  }
}
