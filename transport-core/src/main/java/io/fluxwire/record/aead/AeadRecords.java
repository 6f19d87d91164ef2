package io.fluxwire.record.aead;

import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.AeadCipher;
import io.fluxwire.crypto.TrafficSecret;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.netty.buffer.ByteBufAllocator;

/**
 * The records of upgraded sessions (protocol.md sections 9.3 and 9.4): many packets in one, or a
 * packet in many. A record is
 *
 * <pre>
 *   length n, sealed | body, sealed
 *   2 + 16 bytes       n + 16 bytes
 * </pre>
 */
public final class AeadRecords {

  /** The largest packet: 1 MiB. */
  public static final int MAX_PACKET = 1 << 20;

  private AeadRecords() {}

  /**
   * Makes the opener of one direction. Packets that are whole in a record are slices of its buffer:
   * who keeps one keeps up to 64 KiB.
   *
   * @param aead the algorithm
   * @param secret the first secret of the direction, used up by this
   * @param allocator gives heap buffers
   * @param ready whether the direction has to begin with READY, which is given as an empty payload
   * @param features which features the session has
   * @return the opener, the caller's to destroy
   * @throws IllegalStateException when the secret was used before
   */
  public static RecordOpener opener(
      Aead aead, TrafficSecret secret, ByteBufAllocator allocator, ReadyRule ready, long features) {
    boolean channel = (features & SessionParameters.CHANNEL) != 0;
    return new AeadOpener(
        AeadCipher.opening(aead, secret), allocator, ready, channel ? new ChannelFrames() : null);
  }

  /**
   * As {@link #opener(Aead, TrafficSecret, ByteBufAllocator, ReadyRule, long)}, of a session
   * without features.
   *
   * @param aead the algorithm
   * @param secret the first secret of the direction, used up by this
   * @param allocator gives heap buffers
   * @param ready whether the direction has to begin with READY
   * @return the opener, the caller's to destroy
   * @throws IllegalStateException when the secret was used before
   */
  public static RecordOpener opener(
      Aead aead, TrafficSecret secret, ByteBufAllocator allocator, ReadyRule ready) {
    return opener(aead, secret, allocator, ready, 0);
  }

  /**
   * Makes the sealer of one direction. It holds no buffer while nothing is pending.
   *
   * @param aead the algorithm
   * @param secret the first secret of the direction, used up by this
   * @param allocator gives heap buffers, and direct ones (where it has them) for what is over 4 KiB
   * @param sealing padding and rotation
   * @return the sealer, the caller's to destroy
   * @throws IllegalStateException when the secret was used before
   */
  public static RecordSealer sealer(
      Aead aead, TrafficSecret secret, ByteBufAllocator allocator, Sealing sealing) {
    return new AeadSealer(AeadCipher.sealing(aead, secret), allocator, sealing);
  }
}
