package io.fluxwire.netty.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.netty.channel.Channel;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What is said where the system hands no connection over. */
class AcceptFailuresTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger(NettyListener.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void listen() {
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(logged);
  }

  @Test
  void itIsSaidOnceWithTheWayOut() throws Exception {
    CompletableFuture<Channel> listening = new CompletableFuture<>();
    DisposablePeerServer server =
        PeerServer.create(NodeKey.generate())
            .host("127.0.0.1")
            .port(0)
            .tcp(tcp -> tcp.doOnBound(bound -> listening.complete(bound.channel())))
            .bindNow();
    Channel channel = listening.get(60, TimeUnit.SECONDS);
    channel
        .eventLoop()
        .submit(
            () -> {
              for (int i = 0; i < 3; i++) {
                channel
                    .pipeline()
                    .fireExceptionCaught(new IOException("accept(..) failed: Too many open files"));
              }
            })
        .sync();
    server.disposeNow();
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .singleElement()
        .asString()
        .startsWith("no connection can be accepted on 127.0.0.1:")
        .contains("Too many open files", "ulimit -n");
  }
}
