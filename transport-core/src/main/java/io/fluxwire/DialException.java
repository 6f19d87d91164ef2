package io.fluxwire;

import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.FailureText;
import java.net.SocketAddress;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A dial failed. It holds one cause for each address that was tried, in the order of the attempts,
 * and its message lists all of them, or the first ones (protocol.md section 7).
 */
public final class DialException extends PeerException {

  private static final long serialVersionUID = 1L;

  /**
   * How many failures a message lists, since a person reads it; {@link #failures()} has all of
   * them.
   */
  private static final int MAX_SPELLED_OUT = 16;

  private final transient List<Failure> failures;

  /**
   * What went wrong at one address.
   *
   * @param address the address that was tried
   * @param cause why it failed
   */
  public record Failure(SocketAddress address, PeerException cause) {

    /** The address, without the name that resolved to it, and the message of its cause. */
    @Override
    public String toString() {
      return AddressText.of(address) + ": " + cause.getMessage();
    }
  }

  /**
   * The name has no address.
   *
   * @param target the target of the dial, as the user gave it
   * @param cause the resolver's error
   */
  public DialException(String target, Throwable cause) {
    super(
        Reason.NAME_NOT_RESOLVED,
        "cannot resolve " + target + ": " + FailureText.of(cause) + " (check the name and the DNS)",
        cause);
    this.failures = List.of();
  }

  /**
   * All addresses failed.
   *
   * @param target the target of the dial, as the user gave it
   * @param failures one for each address that was tried, in order; not empty
   */
  public DialException(String target, List<Failure> failures) {
    this(target, failures, false);
  }

  /**
   * All addresses that were tried failed.
   *
   * @param target the target of the dial, as the user gave it
   * @param failures one for each address that was tried, in order; not empty
   * @param hasMore whether there are further addresses that were not tried, because there are too
   *     many for one dial
   */
  public DialException(String target, List<Failure> failures, boolean hasMore) {
    super(reasonOf(failures), message(target, failures, hasMore), failures.get(0).cause());
    this.failures = List.copyOf(failures);
    this.failures.stream().skip(1).forEach(failure -> addSuppressed(failure.cause()));
  }

  private static Reason reasonOf(List<Failure> failures) {
    return failures.size() == 1 ? failures.get(0).cause().reason() : Reason.ALL_ADDRESSES_FAILED;
  }

  private static String message(String target, List<Failure> failures, boolean hasMore) {
    String rest =
        hasMore ? "; further addresses were not tried, since there are too many for one dial" : "";
    return message(target, failures) + rest;
  }

  private static String message(String target, List<Failure> failures) {
    if (failures.size() == 1) {
      return "cannot reach " + failures.get(0);
    }
    return failures.stream()
        .limit(MAX_SPELLED_OUT)
        .map(Failure::toString)
        .collect(
            Collectors.joining(
                "; ",
                "cannot reach %s at any of %d addresses: ".formatted(target, failures.size()),
                failures.size() > MAX_SPELLED_OUT
                    ? "; and %d more".formatted(failures.size() - MAX_SPELLED_OUT)
                    : ""));
  }

  /**
   * The failure of each address.
   *
   * @return in the order of the attempts; empty when the name did not resolve
   */
  public List<Failure> failures() {
    return failures;
  }

  /** {@inheritDoc} True when another attempt can help at one or more of the addresses. */
  @Override
  public boolean isRetryable() {
    return failures.isEmpty()
        ? super.isRetryable()
        : failures.stream().anyMatch(failure -> failure.cause().isRetryable());
  }

  /** No stack trace: it would be the event loop's, and cost more than a refused attempt itself. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
