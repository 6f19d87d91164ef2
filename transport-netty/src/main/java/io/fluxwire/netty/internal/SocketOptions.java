package io.fluxwire.netty.internal;

import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannelConfig;
import io.netty.channel.socket.nio.NioChannelOption;
import jdk.net.ExtendedSocketOptions;

/**
 * How TCP finds out that a peer is gone without a word, for which the system's own defaults take
 * hours; and how much it holds that is not sent yet. What an application has set stays as it is.
 */
final class SocketOptions {

  /** Probe after so many seconds without traffic. */
  private static final int IDLE_SECONDS = 30;

  private static final int INTERVAL_SECONDS = 10;
  private static final int PROBES = 3;

  /** Give up on sent data, or probes, that nobody acknowledges. */
  private static final int USER_TIMEOUT_MILLIS = 30_000;

  /**
   * By default it is megabytes, which are stale when they go, cold in the cache by then, and make
   * sender and receiver wait for each other by turns.
   */
  private static final int MAX_UNSENT = 256 * 1024;

  private SocketOptions() {}

  static void applyTo(ChannelConfig config) {
    limitUnsent(config);
    keepAlive(config);
  }

  private static void limitUnsent(ChannelConfig config) {
    if (config instanceof EpollSocketChannelConfig epoll && epoll.getTcpNotSentLowAt() == 0) {
      epoll.setTcpNotSentLowAt(MAX_UNSENT);
    }
  }

  private static void keepAlive(ChannelConfig config) {
    if (!Boolean.TRUE.equals(config.getOption(ChannelOption.SO_KEEPALIVE))) {
      return;
    }
    if (config instanceof EpollSocketChannelConfig epoll) {
      epoll.setTcpKeepIdle(IDLE_SECONDS);
      epoll.setTcpKeepIntvl(INTERVAL_SECONDS);
      epoll.setTcpKeepCnt(PROBES);
      if (epoll.getTcpUserTimeout() == 0) {
        epoll.setOption(EpollChannelOption.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLIS);
      }
      return;
    }
    // Options that a channel does not know are passed over.
    config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), IDLE_SECONDS);
    config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), INTERVAL_SECONDS);
    config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), PROBES);
  }
}
