package io.fluxwire.internal;

import java.io.FileNotFoundException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says in words for people what the JDK, Netty or protobuf threw. Their exceptions name system
 * calls, have no message at all, or advise the author of a program.
 */
public final class FailureText {

  /** The call that failed and the system's number, which Netty puts before the system's words. */
  private static final Pattern SYSTEM_CALL =
      Pattern.compile("^[\\w ]+\\(\\.\\.\\) failed(?: with error\\((-?\\d+)\\))?(?:: *)?");

  /** What Netty gives without words, by the numbers of Linux and of macOS. */
  private static final Map<String, String> SYSTEM_ERRORS =
      Map.ofEntries(
          Map.entry("-104", "Connection reset by peer"),
          Map.entry("-54", "Connection reset by peer"),
          Map.entry("-32", "Broken pipe"),
          Map.entry("-110", "Connection timed out"),
          Map.entry("-60", "Connection timed out"),
          Map.entry("-111", "Connection refused"),
          Map.entry("-61", "Connection refused"),
          Map.entry("-113", "No route to host"),
          Map.entry("-65", "No route to host"));

  /** Netty appends the address to the message of an exception that has none. */
  private static final Pattern NOTHING = Pattern.compile("\\s*|null(?:: .*)?");

  /** After its first sentence protobuf speaks to programmers. */
  private static final Pattern ADVICE = Pattern.compile("\\.?(?:\\s\\s.*)?$", Pattern.DOTALL);

  /** Causes may go round in circles. */
  private static final int DEEPEST_CAUSE = 8;

  private FailureText() {}

  /**
   * Says what went wrong.
   *
   * @param failure anything that was thrown
   * @return a phrase for the end of a sentence, never empty: the message where it is one for
   *     people; of a failure without one, what its type means, or what its cause says
   */
  public static String of(Throwable failure) {
    try {
      return words(failure);
    } catch (Throwable thrown) {
      return nothingOf(failure);
    }
  }

  /**
   * Says what went wrong to whoever wrote what threw.
   *
   * @param failure anything that was thrown
   * @return its type and its message
   */
  public static String withType(Throwable failure) {
    try {
      return failure.toString();
    } catch (Throwable thrown) {
      return nothingOf(failure);
    }
  }

  /** Exceptions of the application's may throw when they are asked. */
  private static String nothingOf(Throwable failure) {
    return failure.getClass().getName() + ", whose message cannot be read";
  }

  private static String words(Throwable failure) {
    Throwable speaking = failure;
    for (int i = 0; i < DEEPEST_CAUSE && saysNothing(speaking); i++) {
      Throwable cause = speaking.getCause();
      speaking = cause == null ? speaking : cause;
    }
    return phrase(speaking);
  }

  private static boolean saysNothing(Throwable failure) {
    return isNothing(failure.getMessage()) && meaning(failure).isEmpty();
  }

  private static boolean isNothing(@Nullable String message) {
    return message == null || NOTHING.matcher(message).matches();
  }

  private static String phrase(Throwable failure) {
    if (failure instanceof FileSystemException file) {
      return file(file);
    }
    String message = failure.getMessage();
    if (message == null || isNothing(message)) {
      String meaning = meaning(failure);
      return meaning.isEmpty() ? failure.getClass().getName() + " without a message" : meaning;
    }
    if (failure instanceof Error) {
      // Its message is a class or a number that says nothing without the type.
      return failure instanceof OutOfMemoryError ? "out of memory: " + message : failure.toString();
    }
    if (failure instanceof UnknownHostException && message.startsWith("Failed to resolve '")) {
      return unresolved(failure.getCause());
    }
    Matcher call = SYSTEM_CALL.matcher(message);
    if (!call.find()) {
      return message;
    }
    return call.end() < message.length()
        ? message.substring(call.end())
        : SYSTEM_ERRORS.getOrDefault(call.group(1), "system error " + call.group(1));
  }

  /** Netty's words have the type of a DNS record in them; why is in the cause, if there is one. */
  private static String unresolved(@Nullable Throwable cause) {
    boolean unanswered = cause != null && String.valueOf(cause.getMessage()).contains("timed out");
    return unanswered ? "no name server answered in time" : "the name is not known";
  }

  private static String file(FileSystemException failure) {
    if (failure.getReason() != null) {
      return String.valueOf(failure.getMessage());
    }
    String file = failure.getFile() == null ? "a file" : failure.getFile();
    if (failure instanceof AccessDeniedException) {
      return file + ": permission denied";
    }
    if (failure instanceof NoSuchFileException) {
      return file + ": no such file";
    }
    if (failure instanceof FileAlreadyExistsException) {
      return file + ": a file of this name is there already";
    }
    return failure instanceof NotDirectoryException
        ? file + ": not a folder"
        : file + ": " + failure.getClass().getSimpleName();
  }

  private static String meaning(Throwable failure) {
    if (failure instanceof ClosedChannelException) {
      return "it was closed";
    }
    if (failure instanceof UnresolvedAddressException) {
      return "the name is not known";
    }
    if (failure instanceof NoRouteToHostException) {
      return "No route to host";
    }
    if (failure instanceof TimeoutException || failure instanceof SocketTimeoutException) {
      return "it took too long";
    }
    if (failure instanceof FileNotFoundException) {
      // Netty's native transport, of a Unix socket.
      return "No such file or directory";
    }
    if (failure instanceof CancellationException) {
      return "it was cancelled";
    }
    if (failure instanceof RejectedExecutionException) {
      return "the threads that it needs have ended";
    }
    return failure instanceof OutOfMemoryError ? "out of memory" : "";
  }

  /**
   * Says what is wrong with bytes that are no protobuf message.
   *
   * @param failure what the parser threw
   * @return the first sentence of its message, without its full stop
   */
  public static String ofParser(Throwable failure) {
    return ADVICE
        .matcher(of(failure))
        .replaceFirst("")
        .replace("CodedInputStream encountered", "there is");
  }
}
