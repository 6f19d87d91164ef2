package io.fluxwire.record.aead;

import static io.fluxwire.record.aead.AeadSealer.OVERHEAD;

import io.netty.util.concurrent.FastThreadLocal;

/**
 * An array of each thread for the sealed bytes of one record, used within one call and never kept.
 *
 * <p>Pooled heap buffers are pieces of one large array. If both sides of a call are of the same
 * one, the JDK takes them for overlapping, and allocates an array of its whole size (4 MiB) to be
 * safe: so one side must be an array of its own. One for each connection would be too much memory
 * for those that are idle. Nothing secret is in it.
 */
final class Scratch {

  private static final FastThreadLocal<byte[]> ARRAY =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[Tlv.MAX_BODY + OVERHEAD];
        }
      };

  private Scratch() {}

  /** The array of this thread, with room for the largest record. */
  static byte[] array() {
    return ARRAY.get();
  }
}
