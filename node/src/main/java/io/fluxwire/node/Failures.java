package io.fluxwire.node;

import io.fluxwire.AuthenticationException;
import io.fluxwire.ConnectException;
import io.fluxwire.DialException;
import io.fluxwire.FrameIntegrityException;
import io.fluxwire.HandshakeException;
import io.fluxwire.PeerException;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.ProtocolException;
import io.fluxwire.Reason;
import io.fluxwire.internal.FailureText;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import reactor.core.Exceptions;
import reactor.netty.ChannelBindException;

/** What went wrong, in one line for a person. */
final class Failures {

  private Failures() {}

  /** The stage that failed, and why; one line, whatever the texts of others hold. */
  static String describe(Throwable thrown) {
    return explain(Exceptions.unwrap(thrown)).strip().replaceAll("\\s*\\R\\s*", " ");
  }

  private static String explain(Throwable failure) {
    if (failure instanceof PeerException peer) {
      return stage(peer) + " failed: " + peer.getMessage();
    }
    if (failure instanceof FileAlreadyExistsException) {
      return failure.getMessage() + " (choose another file, or remove this one yourself)";
    }
    if (failure instanceof NoSuchFileException missing) {
      return missing.getFile() + ": no such file (fluxwire keygen FILE makes a key)";
    }
    Throwable cause = failure.getCause();
    // Reactor Netty says where it could not bind; why is in the cause.
    return failure instanceof ChannelBindException && cause != null
        ? failure.getMessage() + ": " + FailureText.of(cause)
        : FailureText.of(failure);
  }

  static String stage(PeerException failure) {
    if (failure instanceof DialException dial) {
      return dial.reason() == Reason.NAME_NOT_RESOLVED
          ? "resolve"
          : stage(dial.failures().get(dial.failures().size() - 1).cause());
    }
    if (failure instanceof ConnectException) {
      return "connect";
    }
    if (failure instanceof HandshakeException) {
      return "session key exchange";
    }
    if (failure instanceof AuthenticationException
        || failure.reason() == Reason.HANDSHAKE_TIMEOUT
        || failure.reason() == Reason.AUTHORIZER_TIMEOUT) {
      return failure instanceof PeerTimeoutException ? "handshake" : "authenticate";
    }
    if (failure instanceof FrameIntegrityException) {
      return "frame";
    }
    return failure instanceof ProtocolException ? "packet" : "session";
  }
}
