package io.fluxwire.node;

import io.fluxwire.DialException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.internal.FailureText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.netty.ChannelBindException;

/** What went wrong, in one line for a person. */
final class Failures {

  /** Where Reactor Netty says that it could not bind. */
  private static final Pattern BOUND = Pattern.compile("\\[(.*)\\]");

  private Failures() {}

  /** What failed, and why; one line, whatever the texts of others hold. */
  static String describe(Throwable thrown) {
    return oneLine(explain(Exceptions.unwrap(thrown)));
  }

  /** As {@link #describe}, and what to do now: for whoever gave a command. */
  static String describeWithAdvice(Throwable thrown) {
    return with(describe(thrown), advice(thrown));
  }

  /** What whoever dialled can do now; empty where {@link #describe} has said it. */
  static String advice(Throwable thrown) {
    return Exceptions.unwrap(thrown) instanceof PeerException peer ? Advice.toDialler(peer) : "";
  }

  /** As {@link #describe}, and what to do now: for whoever listens and refused this. */
  static String describeRefusal(PeerException failure) {
    return with(describe(failure), Advice.toListener(failure));
  }

  private static String with(String what, String advice) {
    return advice.isEmpty() ? what : what + " (" + advice + ")";
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
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
    if (failure instanceof ChannelBindException bind) {
      return notBound(String.valueOf(bind.getMessage()), bind.getCause());
    }
    if (failure instanceof FleetEngineException engine) {
      return "the fleet's engine: " + engine.getMessage();
    }
    if (failure instanceof OutOfMemoryError) {
      return FailureText.of(failure) + " (give it more, such as FLUXWIRE_JAVA_OPTS=-Xmx1g)";
    }
    String words = FailureText.of(failure);
    return isForPeople(failure)
        ? words
        : "unexpected error, probably a fault of Fluxwire: %s (run it again with -vv, and report what it says)"
            .formatted(words);
  }

  /** What is thrown on purpose has words; a mistake in a program has the name of a type. */
  private static boolean isForPeople(Throwable failure) {
    return failure instanceof IOException
        || ((failure instanceof IllegalStateException
                || failure instanceof IllegalArgumentException
                || failure instanceof UncheckedIOException)
            && failure.getMessage() != null);
  }

  private static String notBound(String message, @Nullable Throwable cause) {
    Matcher place = BOUND.matcher(message);
    String where = place.find() ? place.group(1) : message;
    String why = cause == null ? "" : FailureText.of(cause);
    return with("cannot listen on %s: %s".formatted(where, why), adviceOnBinding(why));
  }

  private static String adviceOnBinding(String why) {
    String words = why.toLowerCase(Locale.ROOT);
    if (words.contains("in use")) {
      return "another program listens there: end it, or choose another port or path";
    }
    if (words.contains("permission denied")) {
      return "this user may not listen there: choose a port from 1024 on, or a folder that is yours";
    }
    if (words.contains("assign requested address") || words.contains("not known")) {
      return "this machine has no such address: give one of its own, or 0.0.0.0 for all";
    }
    return words.contains("no such file") ? "make its folder first" : "";
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
