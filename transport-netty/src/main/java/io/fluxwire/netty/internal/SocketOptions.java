package io.fluxwire.netty.internal;

import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannelConfig;
import io.netty.channel.socket.nio.NioChannelOption;
import jdk.net.ExtendedSocketOptions;

/**
 * TCP options with which a peer that has vanished is noticed within seconds, where the system's
 * defaults take hours, and which limit how many unsent bytes the system holds. Options that the
 * application has set are not changed.
 */
final class SocketOptions {

  /** TCP sends a probe after this many seconds without traffic. */
  private static final int IDLE_SECONDS = 30;

  private static final int INTERVAL_SECONDS = 10;
  private static final int PROBES = 3;

  /** TCP gives up when data or probes are not acknowledged for this long. */
  private static final int USER_TIMEOUT_MILLIS = 30_000;

  /**
   * By default these are megabytes. They would be old when they are sent, no longer in the CPU's
   * cache, and would make sender and receiver wait for each other in turns.
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
    // Options that a channel does not know are ignored.
    config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), IDLE_SECONDS);
    config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), INTERVAL_SECONDS);
    config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), PROBES);
  }
}
