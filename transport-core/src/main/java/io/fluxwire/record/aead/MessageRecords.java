package io.fluxwire.record.aead;

import io.fluxwire.crypto.ChainedKey;
import io.fluxwire.crypto.NoiseCipher;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.netty.buffer.ByteBufAllocator;

/**
 * The records of BOLT 8 (protocol.md section 11): one message each, by ChaCha20-Poly1305. A record
 * is
 *
 * <pre>
 *   length n, sealed | message, sealed
 *   2 + 16 bytes       n + 16 bytes
 * </pre>
 */
public final class MessageRecords {

  /** The largest message: 65,535 bytes. The smallest one is empty. */
  public static final int MAX_MESSAGE = Tlv.MAX_BODY;

  private MessageRecords() {}

  /**
   * Makes the opener of one direction. The end of its stream between two records says nothing of
   * who ended it.
   *
   * @param keys what the direction begins with, used up by this
   * @param allocator gives heap buffers
   * @return the opener, the caller's to destroy
   * @throws IllegalStateException when the keys were used before
   */
  public static RecordOpener opener(ChainedKey keys, ByteBufAllocator allocator) {
    return new MessageOpener(new SealedRecords(NoiseCipher.start(keys), allocator, 0));
  }

  /**
   * Makes the sealer of one direction. It holds no buffer while nothing is pending.
   *
   * @param keys what the direction begins with, used up by this
   * @param allocator gives heap buffers, and direct ones (where it has them) for what is over 4 KiB
   * @return the sealer, the caller's to destroy
   * @throws IllegalStateException when the keys were used before
   */
  public static RecordSealer sealer(ChainedKey keys, ByteBufAllocator allocator) {
    return new MessageSealer(NoiseCipher.start(keys), allocator);
  }
}
