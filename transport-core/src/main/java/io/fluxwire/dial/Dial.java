package io.fluxwire.dial;

import io.fluxwire.ConnectException;
import io.fluxwire.DialException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** Dials one target by all of its addresses. */
public final class Dial {

  private Dial() {}

  /**
   * Tries the addresses in turn, each once, until an attempt succeeds.
   *
   * <p>Emits what the first successful attempt gives. When all have failed it errors once, with a
   * {@link DialException} that holds a cause for each address. Cancelling cancels the attempt that
   * is under way. Each subscription starts anew.
   *
   * @param target what is dialled, for messages
   * @param addresses where to; when empty, the dial fails
   * @param attempt an authenticated connection to one address, or an error
   * @param <C> the connection
   * @return the dial
   */
  public static <C> Mono<C> inTurn(
      String target,
      List<? extends SocketAddress> addresses,
      Function<? super SocketAddress, ? extends Mono<? extends C>> attempt) {
    return Mono.defer(
        () ->
            addresses.isEmpty()
                ? Mono.error(
                    new DialException(target, new IllegalStateException("no address came back")))
                : next(target, addresses, 0, new ArrayList<>(), attempt));
  }

  // By recursion: an operator that collects results could hold one when it is cancelled.
  private static <C> Mono<C> next(
      String target,
      List<? extends SocketAddress> addresses,
      int index,
      List<DialException.Failure> failures,
      Function<? super SocketAddress, ? extends Mono<? extends C>> attempt) {
    SocketAddress address = addresses.get(index);
    return Mono.<C>defer(() -> attempt.apply(address).map(Function.identity()))
        .onErrorResume(
            failure -> {
              failures.add(new DialException.Failure(address, asPeerException(failure)));
              return index + 1 < addresses.size()
                  ? next(target, addresses, index + 1, failures, attempt)
                  : Mono.error(new DialException(target, failures));
            });
  }

  private static PeerException asPeerException(Throwable failure) {
    return failure instanceof PeerException known
        ? known
        : new ConnectException(
            Reason.CONNECT_FAILED, String.valueOf(failure.getMessage()), failure);
  }
}
