package io.fluxwire.node;

import io.fluxwire.DialException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.internal.FailureText;
import java.util.Locale;

/** What a person can do now, behind what went wrong. */
final class Advice {

  private static final String NO_INIT =
      "the node may not let this one in, or be no Lightning node; one of this project says it if"
          + " started as listen --bolt8 --hello";

  private static final String LIGHTNING = "a Lightning node is dialled with --bolt8";

  private Advice() {}

  /** For whoever dialled; of a dial, about the last address that failed. */
  static String toDialler(PeerException failure) {
    if (failure instanceof DialException dial && !dial.failures().isEmpty()) {
      return toDialler(dial.failures().get(dial.failures().size() - 1).cause());
    }
    return switch (failure.reason()) {
      // What it says has it already.
      case NAME_NOT_RESOLVED, CHANNEL_DISAGREEMENT -> "";
      case CONNECT_FAILED -> unreachable(FailureText.of(failure).toLowerCase(Locale.ROOT));
      case SESSION_KEY_PREFIX, SESSION_KEY_NOT_ON_CURVE, SESSION_KEY_REFLECTED ->
          "what listens there is no Fluxwire node: check the port";
      case HANDSHAKE_TIMEOUT -> late(String.valueOf(failure.getMessage()));
      case CLOSED_BY_PEER -> closed(String.valueOf(failure.getMessage()));
      case ACT_TWO_VERSION ->
          "check the port; a node that speaks version 3 is dialled without --bolt8";
      case CLOSED_BEFORE_READY ->
          "the peer refused this node without saying why, or the connection was cut: look at the"
              + " peer's log, or try again";
      case NODE_ID_OWN -> "this node has dialled itself: check the address and --key";
      case NODE_ID_UNEXPECTED ->
          "if the peer has a new key, give its new id to --expect; if not, somebody else answers"
              + " there";
      case PEER_ERROR -> ended(failure);
      case UPGRADE_REQUIRED, POST_QUANTUM_REQUIRED ->
          "leave out --upgrade required or --post-quantum required, or switch it on at the peer";
      case CHANNEL_STORE_STALE ->
          "put the newest store back, or move the stores of both sides away";
      case CHANNEL_UNSUPPORTED -> "start both sides with the same --channel NAME";
      default -> ofLibrary(failure.reason());
    };
  }

  /** For whoever listens and has refused somebody; mostly there is nothing to do. */
  static String toListener(PeerException failure) {
    return switch (failure.reason()) {
      case NOT_AUTHORIZED ->
          "if it should come in: take its id out of the --bans file or, if --allow is given, add it there";
      case ACT_ONE_VERSION -> "listen --bolt8 --v3 takes peers that speak version 3, too";
      case SESSION_KEY_PREFIX ->
          String.valueOf(failure.getMessage()).contains("BOLT 8")
              ? "listen --bolt8 takes peers that speak it, and with --v3 both"
              : "";
      default -> "";
    };
  }

  private static String closed(String message) {
    if (saysNoInit(message)) {
      return NO_INIT;
    }
    return message.contains("BOLT 8")
        ? "check the id and the port; a node that speaks version 3 is dialled without --bolt8"
        : "what listens there may be full, or no Fluxwire node: check the port, or try again; "
            + LIGHTNING;
  }

  private static String late(String message) {
    if (saysNoInit(message)) {
      return NO_INIT;
    }
    return message.contains("act two")
        ? "what listens there may be no Lightning node, or be busy: check the port, or try again"
        : "what listens there may be no Fluxwire node, or be busy: check the port, or try again; "
            + LIGHTNING;
  }

  private static boolean saysNoInit(String message) {
    return message.contains("its init");
  }

  private static String unreachable(String words) {
    if (words.contains("refused")) {
      return "nothing listens there: check the port, and that the node is started";
    }
    if (words.contains("no route") || words.contains("unreachable")) {
      return "this machine has no way there: check the address and the network";
    }
    if (words.contains("timed out") || words.contains("too long")) {
      return "nothing answers there: check the address, and whether a firewall is in between";
    }
    if (words.contains("no such file")) {
      return "no node listens on this socket: check the path, and that the node is started";
    }
    return words.contains("permission denied")
        ? "only the user who started the node can use its socket"
        : "check the address, and that the node is started";
  }

  private static String ended(PeerException failure) {
    String message = String.valueOf(failure.getMessage());
    return message.contains("not authorized")
        ? "ask whoever runs it to let this id in"
        : "the peer ended the connection with this text: its log may say more";
  }

  /** Where the command line has nothing to add: the manual's words, within a sentence. */
  private static String ofLibrary(Reason reason) {
    String advice = reason.advice().replaceFirst("\\.$", "");
    return advice.substring(0, 1).toLowerCase(Locale.ROOT) + advice.substring(1);
  }
}
