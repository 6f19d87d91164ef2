package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.AuthenticationException;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.DialException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.HandshakeException;
import io.fluxwire.PacketException;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.SignerException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Exceptions;
import reactor.netty.ChannelBindException;

class FailuresTest {

  private static final InetSocketAddress FIRST = InetSocketAddress.createUnresolved("first", 1);
  private static final InetSocketAddress SECOND = InetSocketAddress.createUnresolved("second", 2);

  static Stream<Arguments> stages() {
    return Stream.of(
        Arguments.of("connect", new PeerConnectException(Reason.CONNECT_FAILED, "why", io("why"))),
        Arguments.of(
            "session key exchange", new HandshakeException(Reason.SESSION_KEY_PREFIX, "why")),
        Arguments.of("authenticate", new AuthenticationException(Reason.SIGNATURE_INVALID, "why")),
        Arguments.of("handshake", new PeerTimeoutException(Reason.HANDSHAKE_TIMEOUT, "why")),
        Arguments.of("authenticate", new PeerTimeoutException(Reason.AUTHORIZER_TIMEOUT, "why")),
        Arguments.of("authenticate", new SignerException(Reason.SIGNER_FAILED, "why")),
        Arguments.of("connect", new HandshakeException(Reason.TOO_MANY_CONNECTIONS, "why")),
        Arguments.of("resolve", new PeerConnectException(Reason.NAME_NOT_RESOLVED, "why")),
        Arguments.of("frame", new FrameIntegrityException(Reason.MAC_MISMATCH, "why")),
        Arguments.of("packet", new PacketException(Reason.UNKNOWN_EVEN_FIELD, "why")),
        Arguments.of("session", new ConnectionClosedException(Reason.CONNECTION_LOST, "why")));
  }

  private static IOException io(String message) {
    return new IOException(message);
  }

  @ParameterizedTest
  @MethodSource("stages")
  void theStageComesFirst(String stage, PeerException failure) {
    assertThat(Failures.describe(failure)).isEqualTo(stage + " failed: why");
  }

  @ParameterizedTest
  @MethodSource("stages")
  void aDialHasTheStageThatItsLastAddressReached(String stage, PeerException failure) {
    PeerConnectException refused =
        new PeerConnectException(Reason.CONNECT_FAILED, "refused", io("no"));
    DialException dial =
        new DialException(
            "node.test:1",
            List.of(
                new DialException.Failure(FIRST, refused),
                new DialException.Failure(SECOND, failure)));

    assertThat(Failures.describe(dial))
        .startsWith(stage + " failed: ")
        .contains("first", "refused", "second", "why");
  }

  @Test
  void aNameWithoutAnAddressFailsToResolve() {
    DialException dial = new DialException("nosuch.test:1", new UnknownHostException("unknown"));

    assertThat(Failures.describe(dial)).startsWith("resolve failed: ").contains("nosuch.test:1");
  }

  @Test
  void whatReactorWrappedIsUnwrapped() {
    assertThat(Failures.describe(Exceptions.propagate(io("disk full")))).isEqualTo("disk full");
  }

  @Test
  void aFailureWithoutAMessageIsNamed() {
    assertThat(Failures.describe(new IllegalStateException())).contains("IllegalStateException");
  }

  @Test
  void itIsOneLineWhateverTheTextsHold() {
    assertThat(Failures.describe(io("first\n  second\r\n\r\nthird\n")))
        .isEqualTo("first second third");
  }

  @Test
  void filesAreNamedWithWhatToDo() {
    assertThat(Failures.describe(new NoSuchFileException("my.key")))
        .contains("my.key")
        .contains("keygen");
    assertThat(Failures.describe(new FileAlreadyExistsException("my.key")))
        .contains("my.key")
        .contains("another file");
  }

  @Test
  void whatOthersThrewIsSaidInWords() {
    assertThat(Failures.describe(new AccessDeniedException("my.key")))
        .isEqualTo("my.key: permission denied");
    assertThat(Failures.describe(io("recvAddress(..) failed with error(-104)")))
        .isEqualTo("Connection reset by peer");
    assertThat(Failures.describe(new IOException(null, new ClosedChannelException())))
        .isEqualTo("it was closed");
  }

  @ParameterizedTest
  @CsvSource({
    "Address already in use,choose another port",
    "Permission denied,a port from 1024 on",
    "Cannot assign requested address,no such address"
  })
  void aFailureToBindSaysWhereAndWhyAndWhatToDo(String why, String todo) {
    ChannelBindException bind =
        ChannelBindException.fail(
            InetSocketAddress.createUnresolved("host.test", 1), new BindException(why));

    assertThat(Failures.describe(bind))
        .startsWith("cannot listen on host.test:1: " + why + " (")
        .contains(todo);
  }

  @ParameterizedTest
  @CsvSource({
    "Connection refused,nothing listens there",
    "No route to host,no way there",
    "Network is unreachable,no way there",
    "Connection timed out,a firewall",
    "No such file or directory,check the path",
    "Permission denied,the user who started"
  })
  void whatCannotBeReachedComesWithWhatToDo(String why, String todo) {
    PeerConnectException failure =
        new PeerConnectException(Reason.CONNECT_FAILED, why, io("as Netty has it"));

    assertThat(Failures.describeWithAdvice(failure))
        .startsWith("connect failed: " + why + " (")
        .contains(todo);
  }

  /** A new reason has no advice of its own, but that of whoever causes it. */
  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      mode = EnumSource.Mode.EXCLUDE,
      // Their messages say it.
      names = {"NAME_NOT_RESOLVED", "CHANNEL_DISAGREEMENT"})
  void eachReasonComesWithWhatToDo(Reason reason) {
    assertThat(Failures.describeWithAdvice(new HandshakeException(reason, "why")))
        .contains(" failed: why (")
        .endsWith(")");
  }

  @Test
  void whoIsNotLetInIsTheListenersToLetIn() {
    assertThat(Failures.describeRefusal(new AuthenticationException(Reason.NOT_AUTHORIZED, "why")))
        .endsWith(
            "why (if it should come in: take its id out of the --bans file or, if --allow is given, add it there)");
    assertThat(Failures.describeRefusal(new HandshakeException(Reason.MAC_MISMATCH, "why")))
        .isEqualTo("frame failed: why");
  }

  @Test
  void aMistakeInTheProgramIsSaidToBeOne() {
    assertThat(Failures.describe(new NullPointerException("x is null")))
        .startsWith("unexpected error, probably a fault of Fluxwire: ")
        .contains("-vv");
  }
}
