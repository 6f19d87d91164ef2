package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.fluxwire.PeerException;
import io.fluxwire.handshake.v3.KeyAgreement;
import io.fluxwire.proto.Pkt;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** No secret is in a log at trace, in an exception or in what a session's objects print. */
@Tag("slow")
class SecretsInWordsTest {

  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Level usual = root.getLevel();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    root.addAppender(log);
    root.setLevel(Level.TRACE);
  }

  @AfterEach
  void stopListening() {
    root.setLevel(usual);
    root.detachAppender(log);
  }

  @ParameterizedTest
  @EnumSource
  void nothingTellsASecret(Ending ending) {
    nothingTellsASecret(ending, Dialect.VERSION_3);
  }

  @ParameterizedTest
  @EnumSource
  void nothingTellsASecretOfAnUpgradedSession(Ending ending) {
    nothingTellsASecret(ending, Dialect.UPGRADED);
  }

  @ParameterizedTest
  @EnumSource
  void nothingTellsASecretOfASessionOfBolt8(Ending ending) {
    nothingTellsASecret(ending, Dialect.BOLT_8);
  }

  private void nothingTellsASecret(Ending ending, Dialect dialect) {
    Secrets secrets = new Secrets();
    SessionPair<Pkt> pair = ending.begin(dialect::spokenBy, secrets);
    LoggerFactory.getLogger(KeyAgreement.class)
        .trace("said: {} {} {}", pair.dialerKey, pair.dialer.connection, pair.acceptor.connection);
    ending.end(pair);
    pair.close();
    List<String> said = new ArrayList<>();
    for (ILoggingEvent event : List.copyOf(log.list)) {
      said.add(event.getFormattedMessage());
      if (event.getThrowableProxy() != null) {
        said.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
    }
    Stream.of(pair.dialer, pair.acceptor).forEach(side -> said.addAll(said(side)));
    assertThat(said).anyMatch(line -> line.startsWith("said: NodeKey[id="));
    String all = String.join("\n", said).toLowerCase(Locale.ROOT);
    secrets
        .masked()
        .forEach(
            (name, masked) ->
                spellings(Secrets.masked(masked))
                    .forEach(spelling -> assertThat(all).as(name).doesNotContain(spelling)));
  }

  private static List<String> said(SessionPair.Side<Pkt> side) {
    List<String> said = new ArrayList<>();
    said.add(String.valueOf(side.connection));
    side.closed.forEach(reason -> said.add(reason.toString()));
    side.closed.forEach(reason -> said.add(trace(reason.cause())));
    said.add(trace(side.failure));
    if (side.failure instanceof PeerException failure) {
      said.add(failure.reason().name());
    }
    return said;
  }

  private static String trace(Throwable failure) {
    if (failure == null) {
      return "";
    }
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    return trace.toString();
  }

  /** As bytes are usually printed; 8 of them say too much. */
  private static Stream<String> spellings(byte[] secret) {
    byte[] part = Arrays.copyOf(secret, 9);
    String decimals = Arrays.toString(part);
    return Stream.of(
            HexFormat.of().formatHex(part),
            HexFormat.ofDelimiter(" ").formatHex(part),
            HexFormat.ofDelimiter(":").formatHex(part),
            Base64.getEncoder().encodeToString(part),
            Base64.getUrlEncoder().encodeToString(part),
            decimals.substring(1, decimals.length() - 1),
            new BigInteger(1, secret).toString())
        .map(spelling -> spelling.toLowerCase(Locale.ROOT));
  }
}
