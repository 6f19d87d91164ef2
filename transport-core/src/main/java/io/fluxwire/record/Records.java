package io.fluxwire.record;

import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;

/** The operators between payloads and records, for {@link Flux#transform}; of any suite. */
public final class Records {

  private Records() {}

  /**
   * Opens the records of one direction: bytes in, cut anyhow, payloads out.
   *
   * <p>One payload is emitted for each one requested, and the source is asked for one more buffer
   * only while a requested payload is not whole. At most one source buffer is held back.
   *
   * <p>Completes when the source does where a direction may end, after the payloads that it
   * brought, or when the records say that nothing follows, and then reads the source away; errors
   * with what the opener throws, after which nothing is read, and with {@link
   * IllegalStateException} when that cannot be made. A source's error is passed on at once. The
   * opener is destroyed with the subscription.
   *
   * <p>Source buffers are borrowed and never released by this; payloads are lent downstream and
   * released when {@code onNext} returns. Emits on the source's thread or on the one that requests.
   *
   * @param suite makes the opener of a subscription
   * @param limits bound the reading
   * @return the operator
   */
  public static Function<Flux<ByteBuf>, Flux<ByteBuf>> open(
      Supplier<? extends RecordOpener> suite, ReadLimits limits) {
    return source -> new FluxOpen(source, suite, limits, null);
  }

  /**
   * Opens one payload, and leaves the connection to whoever reads on: what came behind that
   * payload's record is {@linkplain ByteDuplex#unread unread} before the payload is emitted. So
   * another opener may go on from there.
   *
   * <p>Emits the payload, lent, and completes; else as {@link #open}, but that the opener remains
   * the caller's.
   *
   * @param duplex the connection
   * @param opener opens the payload
   * @param limits bound the reading
   * @return the payload; subscribe once, on the connection's scheduler
   */
  public static Flux<ByteBuf> openFirst(ByteDuplex duplex, RecordOpener opener, ReadLimits limits) {
    return new FluxOpen(duplex.receive(), () -> opener, limits, duplex::unread);
  }

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
