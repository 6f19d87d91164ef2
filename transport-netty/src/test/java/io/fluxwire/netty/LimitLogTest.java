package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LimitLogTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger("io.fluxwire.limits");
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private long nanos;
  private final LimitLog log = new LimitLog(() -> nanos);

  @BeforeEach
  void listen() {
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(logged);
  }

  private void refused(String why) {
    log.refused(
        new HandshakeFailure(
            InetSocketAddress.createUnresolved("192.0.2.1", 7),
            new HandshakeException(Reason.TOO_MANY_CONNECTIONS, why)));
  }

  private List<String> warnings() {
    return logged.list.stream()
        .filter(event -> event.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Test
  void oneInAMinuteIsToldWithHowManyThereWere() {
    refused("the first");
    refused("the second");
    refused("the third");
    assertThat(warnings())
        .singleElement()
        .asString()
        .startsWith("1 inbound connections were refused by a limit; the last one: ")
        .contains("the first", Reason.TOO_MANY_CONNECTIONS.advice());
    nanos += Duration.ofMinutes(1).toNanos();
    refused("the fourth");
    assertThat(warnings()).hasSize(2);
    assertThat(warnings().get(1)).startsWith("3 inbound").contains("the fourth");
  }
}
