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
 * Something that happens on the way to a connection. {@code toString} says it to a person. Later
 * versions may add some, so code that looks for its kind wants a default.
 */
public sealed interface DialEvent {

  /**
   * What is dialled.
   *
   * @return the name that the client gave the dial
   */
  String name();

  /**
   * A source of addresses answered, wholly or in part.
   *
   * @param name what is dialled
   * @param addresses what it gave
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
   * @param name what is dialled
   * @param cause why
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
   * @param name what is dialled
   * @param address where to
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
   * @param name what is dialled
   * @param address where to
   * @param cause why
   */
  record AttemptFailed(String name, SocketAddress address, PeerException cause)
      implements DialEvent {
    @Override
    public String toString() {
      return name + ": " + AddressText.of(address) + " failed: " + cause.getMessage();
    }
  }

  /**
   * A peer has authenticated: the race is won, and the other attempts are cancelled.
   *
   * @param name what is dialled
   * @param address where
   * @param peer who
   * @param cancelled how many attempts were under way besides
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
   * @param name what is dialled
   * @param cause why, address by address
   */
  record RoundFailed(String name, DialException cause) implements DialEvent {
    @Override
    public String toString() {
      return name + ": " + cause.getMessage();
    }
  }

  /**
   * The publisher's connection ended.
   *
   * @param name what is dialled
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
   * @param name what is dialled
   * @param delay how long
   * @param failures how often in a row a dial failed or its connection did not stay up
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
   * @param name what is dialled
   * @param cause what another attempt cannot cure; null when the publisher was cancelled
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
