package io.fluxwire.dial;

import io.fluxwire.CloseReason;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.FailureText;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event of a dial or of a connection publisher. {@code toString} describes it for a person.
 * Later versions may add kinds of events, so code that distinguishes them needs a default.
 */
public sealed interface DialEvent {

  /**
   * The name of the target.
   *
   * @return the name that the client gave the dial
   */
  String name();

  /** Without a name of its own a dial has that of its address, which is not said twice. */
  private static String at(String name, SocketAddress address) {
    String text = AddressText.of(address);
    return text.equals(name) ? name : name + ": " + text;
  }

  private static String about(String name, DialException cause) {
    String message = String.valueOf(cause.getMessage());
    return message.startsWith("cannot reach " + name)
            || message.startsWith("cannot resolve " + name)
        ? message
        : name + ": " + message;
  }

  /**
   * A source of addresses answered, wholly or in part.
   *
   * @param name the name of the target
   * @param addresses the addresses that it emitted
   */
  record Resolved(String name, List<SocketAddress> addresses) implements DialEvent {
    @Override
    public String toString() {
      return name + ": resolved to " + addresses.stream().map(AddressText::of).toList();
    }
  }

  /**
   * A source of addresses failed.
   *
   * @param name the name of the target
   * @param cause the error
   */
  record ResolutionFailed(String name, PeerException cause) implements DialEvent {
    @Override
    public String toString() {
      return name + ": " + cause.getMessage();
    }
  }

  /**
   * An attempt starts.
   *
   * @param name the name of the target
   * @param address the address
   * @param number counts the attempts of a round, from 1
   */
  record AttemptStarted(String name, SocketAddress address, int number) implements DialEvent {
    @Override
    public String toString() {
      return name + ": attempt " + number + " at " + AddressText.of(address);
    }
  }

  /**
   * An attempt failed.
   *
   * @param name the name of the target
   * @param address the address
   * @param cause the error
   */
  record AttemptFailed(String name, SocketAddress address, PeerException cause)
      implements DialEvent {
    @Override
    public String toString() {
      return at(name, address) + " failed: " + cause.getMessage();
    }
  }

  /**
   * A peer has authenticated: the race is won, and the other attempts are cancelled.
   *
   * @param name the name of the target
   * @param address the peer's address
   * @param peer its node id
   * @param cancelled how many other attempts were under way
   */
  record Connected(String name, SocketAddress address, NodeId peer, int cancelled)
      implements DialEvent {
    @Override
    public String toString() {
      return name
          + ": connected to "
          + peer
          + " at "
          + AddressText.of(address)
          + (cancelled == 0 ? "" : ", " + cancelled + " other attempts cancelled");
    }
  }

  /**
   * All addresses failed.
   *
   * @param name the name of the target
   * @param cause the error, which has the failure of each address
   */
  record RoundFailed(String name, DialException cause) implements DialEvent {
    @Override
    public String toString() {
      return about(name, cause);
    }
  }

  /**
   * The publisher's connection ended.
   *
   * @param name the name of the target
   * @param reason why
   */
  record Disconnected(String name, CloseReason reason) implements DialEvent {
    @Override
    public String toString() {
      return name + ": connection " + reason;
    }
  }

  /**
   * The publisher waits before it dials again.
   *
   * @param name the name of the target
   * @param delay how long
   * @param failures how many dials in a row have failed or led to a connection that did not stay up
   */
  record Delayed(String name, Duration delay, int failures) implements DialEvent {
    @Override
    public String toString() {
      return name + ": next dial in " + delay.toMillis() + " ms, failures in a row: " + failures;
    }
  }

  /**
   * The publisher has ended: it dials no more, and its connection is closed or has ended.
   *
   * @param name the name of the target
   * @param cause the error that another attempt cannot cure; null when the publisher was cancelled
   */
  record Stopped(String name, @Nullable Throwable cause) implements DialEvent {
    @Override
    public String toString() {
      if (cause == null) {
        return name + ": not dialled any more";
      }
      return name + ": given up: " + FailureText.of(cause);
    }
  }
}
