package io.fluxwire.record;

import io.netty.buffer.ByteBuf;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;

/** The operators between payloads and records, for {@link Flux#transform}; of any suite. */
public final class Records {

  private Records() {}

  /**
   * Seals payloads, each into records of its own.
   *
   * <p>Completes and errors with its source, and errors with what the sealer throws. Payloads are
   * released by this; records are the downstream's to release. Seals on the source's thread. The
   * sealer is destroyed with the subscription.
   *
   * @param suite makes the sealer of a subscription; what it throws is the subscription's error
   * @return the operator
   */
  public static Function<Flux<ByteBuf>, Flux<ByteBuf>> seal(
      Supplier<? extends RecordSealer> suite) {
    return source ->
        Flux.defer(
            () -> {
              SharedSealer sealer = new SharedSealer(suite.get());
              return source
                  .<ByteBuf>handle(
                      (payload, sink) -> {
                        ByteBuf records = sealer.seal(payload);
                        if (records == null) {
                          sink.complete();
                        } else {
                          sink.next(records);
                        }
                      })
                  .doFinally(signal -> sealer.destroy());
            });
  }
}
