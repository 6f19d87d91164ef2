package io.fluxwire.handshake.v3;

import io.fluxwire.handshake.internal.MonoPrefix;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.transport.ByteDuplex;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * Reads the peer's first record, which has its proof, without decrypting it, while there are no
 * keys yet. So one task on the curve's threads can agree on keys and open the record: it need not
 * change to the event loop in between.
 */
final class FirstRecord {

  /** A proof with a KEM's public key has some 1,400 bytes. Anything larger is read with keys. */
  static final int MAX_SIZE = 2048;

  private FirstRecord() {}

  /**
   * Reads it. Nothing is checked but its length.
   *
   * @param duplex the connection; read up to the end of the record, or as if nothing was read
   * @param suite what its records look like
   * @return emits the record, or empty: where the suite does not tell its length, where it is
   *     larger than {@link #MAX_SIZE}, and where the connection ends first, of which whoever reads
   *     next is told. Never errors. Subscribe on the connection's scheduler
   */
  static Mono<Optional<byte[]>> gather(ByteDuplex duplex, RecordSuite suite) {
    int header = suite.headerSize();
    if (header == 0) {
      return Mono.just(Optional.empty());
    }
    return new MonoPrefix(
            duplex,
            header,
            (prefix, filled, last) -> filled < header ? header : extent(prefix, suite))
        .map(Optional::of)
        .onErrorComplete()
        .defaultIfEmpty(Optional.empty());
  }

  private static int extent(byte[] prefix, RecordSuite suite) {
    long size = suite.firstRecordSize(prefix);
    return size >= suite.headerSize() && size <= MAX_SIZE ? (int) size : MonoPrefix.Extent.LEAVE;
  }
}
