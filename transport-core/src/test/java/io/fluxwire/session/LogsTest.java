package io.fluxwire.session;

import static io.fluxwire.handshake.Dialect.BOLT8;
import static io.fluxwire.handshake.Dialect.V3;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

class LogsTest {

  private final Logger root = (Logger) LoggerFactory.getLogger("io.fluxwire");
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

  @BeforeEach
  void listen() {
    appender.start();
    root.addAppender(appender);
    root.setAdditive(false);
  }

  @AfterEach
  void stopListening() {
    root.detachAppender(appender);
    root.setAdditive(true);
    root.setLevel(null);
  }

  private static SessionPair<ByteBuf> pair() {
    return SessionPair.of(
        PacketCodec.raw(), UnaryOperator.identity(), UnaryOperator.identity(), Long.MAX_VALUE);
  }

  private List<String> lines(String id) {
    return appender.list.stream()
        .filter(event -> event.getFormattedMessage().startsWith("[" + id + "]"))
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .toList();
  }

  @Test
  void aLifeIsOneLineForEachEventUnderOneId() {
    root.setLevel(Level.DEBUG);
    SessionPair<ByteBuf> pair = pair().establish();
    pair.close();

    assertThat(lines("memory1"))
        .containsExactly(
            "DEBUG [memory1] outbound handshake with memory:2",
            "INFO [memory1] up: node %s at memory:2, outbound".formatted(pair.acceptorKey.id()),
            "INFO [memory1] down: the connection broke off without a word");
    assertThat(lines("memory2")).hasSize(3);
  }

  @Test
  void thatPacketsAreDroppedAsUnknownIsSaidOnceForEachConnection() {
    for (int i = 0; i < 2; i++) {
      appender.list.clear();
      SessionPair<Pkt> pair =
          SessionPair.of(
                  PacketCodec.pkt(),
                  UnaryOperator.identity(),
                  UnaryOperator.identity(),
                  Long.MAX_VALUE)
              .establish();
      pair.acceptor.connected().receive().subscribe();
      pair.dialer.connected().send(Flux.just(Unknown.packet(), Unknown.packet())).subscribe();
      pair.settle();
      pair.close();

      assertThat(appender.list)
          .filteredOn(event -> event.getLevel() == Level.WARN)
          .singleElement()
          .extracting(ILoggingEvent::getFormattedMessage)
          .asString()
          .startsWith("[memory2] node " + pair.dialerKey.id() + " sends packets of which")
          .contains("codec(…)");
    }
  }

  @Test
  void aHandshakeThatFailsOrIsCancelledIsSaidQuietly() {
    root.setLevel(Level.DEBUG);
    SessionPair<ByteBuf> pair = pair().dial();
    pair.settle();
    pair.pass(SessionTimeouts.DEFAULT.handshake());
    assertThat(lines("memory1"))
        .hasSize(2)
        .last()
        .asString()
        .startsWith("DEBUG [memory1] no connection with memory:2: the handshake was");

    SessionPair<ByteBuf> other = pair().accept();
    other.settle();
    Objects.requireNonNull(other.acceptor.subscription).dispose();
    assertThat(lines("memory2")).endsWith("DEBUG [memory2] handshake with memory:1 cancelled");
    other.close();
  }

  @Test
  void theWireIsLoggedAsHeadersAndSizesOnly() {
    root.setLevel(Level.TRACE);
    String secret = "a very secret payload, of 38 bytes....";
    SessionPair<ByteBuf> pair = pair().establish();
    long before = appender.list.size();
    pair.acceptor.connected().receive().subscribe();
    byte[] payload = secret.getBytes(StandardCharsets.UTF_8);
    pair.dialer
        .connected()
        .send(Flux.range(0, 3).map(i -> Unpooled.wrappedBuffer(payload)))
        .subscribe();
    pair.settle();
    List<String> wire = lines("memory2").stream().filter(line -> line.startsWith("TRACE")).toList();
    pair.close();

    assertThat(before).isPositive();
    assertThat(wire).filteredOn(line -> line.contains("in: session key, 33 bytes")).hasSize(1);
    assertThat(wire)
        .filteredOn(line -> line.matches(".* in: frame [234], hmac [0-9a-f]{16}…, .* 38 bytes"))
        .hasSize(3);
    assertThat(String.join("\n", wire))
        .doesNotContain(secret)
        .doesNotContain(ByteBufUtil.hexDump(payload));
  }

  private static SessionPair<ByteBuf> speaking(
      UnaryOperator<SessionSpec<ByteBuf>> dialer, UnaryOperator<SessionSpec<ByteBuf>> acceptor) {
    return SessionPair.of(PacketCodec.raw(), dialer, acceptor, Long.MAX_VALUE).establish();
  }

  private List<String> wire(String id) {
    return lines(id).stream().filter(line -> line.startsWith("TRACE")).toList();
  }

  /** Sends 38 bytes to the acceptor, which are on the wire with 34 more. */
  private static void send(SessionPair<ByteBuf> pair) {
    pair.acceptor.connected().receive().subscribe(packet -> {}, gone -> {});
    pair.dialer.connected().sendOne(Unpooled.wrappedBuffer(new byte[38])).subscribe();
    pair.settle();
    pair.close();
  }

  @Test
  void theWireOfBolt8IsLoggedAsActsAndSizesOnly() {
    root.setLevel(Level.TRACE);
    send(speaking(Dialect.BOLT_8::spokenBy, Dialect.BOLT_8::spokenBy));

    assertThat(wire("memory1"))
        .containsExactly(
            "TRACE [memory1] out: act one, 50 bytes",
            "TRACE [memory1] in: act two, 50 bytes",
            "TRACE [memory1] out: act three, 66 bytes",
            "TRACE [memory1] out: 72 bytes of records");
    assertThat(wire("memory2"))
        .containsExactly(
            "TRACE [memory2] in: act one, 50 bytes",
            "TRACE [memory2] out: act two, 50 bytes",
            "TRACE [memory2] in: act three, 66 bytes",
            "TRACE [memory2] in: 72 bytes of records");
  }

  @ParameterizedTest
  @EnumSource
  void theWireOfAPortForBothIsLoggedAsWhatThePeerSpeaks(Dialect dialect) {
    root.setLevel(Level.TRACE);
    send(
        speaking(
            dialect::spokenBy,
            spec ->
                spec.upgrade(UpgradePolicy.allowed().postQuantum(Mode.ALLOWED))
                    .dialects(V3, BOLT8)));

    assertThat(wire("memory2"))
        .first()
        .asString()
        .endsWith(
            dialect == Dialect.BOLT_8 ? "in: act one, 50 bytes" : "in: session key, 33 bytes");
    assertThat(wire("memory2"))
        .last()
        .asString()
        .matches(
            dialect == Dialect.VERSION_3 ? ".* in: frame 2, .* 38 bytes" : ".* bytes of records");
  }

  @Test
  void withoutTraceTheWireIsNotLookedAt() {
    root.setLevel(Level.DEBUG);
    SessionPair<ByteBuf> pair = pair().establish();
    assertThat(pair.dialer.connected())
        .extracting("endpoint.duplex")
        .isSameAs(pair.dialersDuplex());
    pair.close();
  }
}
