package io.fluxwire.node;

import io.fluxwire.DialException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.FailureText;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
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
      return words(stage(peer)) + " failed: " + peer.getMessage();
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

  /** A dial got as far as its last address did. */
  private static Reason.Stage stage(PeerException failure) {
    if (failure instanceof DialException dial && !dial.failures().isEmpty()) {
      return stage(dial.failures().get(dial.failures().size() - 1).cause());
    }
    return failure.reason().stage();
  }

  private static String words(Reason.Stage stage) {
    return stage.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
