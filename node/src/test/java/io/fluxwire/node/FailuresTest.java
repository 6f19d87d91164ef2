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

  @Test
  void aFailureToBindSaysWhy() {
    ChannelBindException bind =
        ChannelBindException.fail(
            InetSocketAddress.createUnresolved("host.test", 1), new BindException("in use"));

    assertThat(Failures.describe(bind)).contains("host.test:1").endsWith("in use");
  }
}
