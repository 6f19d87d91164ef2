package io.fluxwire.crypto;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * ChaCha20-Poly1305 by the JDK and by BouncyCastle, by size: {@link ChaChaPoly} takes the one that
 * is faster. Two bytes are the length of each record.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ChaChaPolyBenchmark {

  /** Whose it is. */
  public enum Provider {
    JDK,
    BOUNCY_CASTLE
  }

  @Param Provider provider;

  @Param({"2", "32", "64", "128", "1024", "16384", "65535"})
  int size;

  private ChaChaPolyEngine sealing;
  private ChaChaPolyEngine opening;
  private final byte[] nonce = new byte[Aead.NONCE_SIZE];
  private byte[] plain;
  private byte[] out;

  /** One message under each of two nonces, since the JDK refuses one that comes twice in a row. */
  private final byte[][] sealed = new byte[2][];

  private long counter;

  @Setup
  public void setUp() {
    sealing = engine();
    opening = engine();
    plain = new byte[size];
    out = new byte[size + Aead.TAG_SIZE];
    for (int i = 0; i < sealed.length; i++) {
      sealed[i] = new byte[size + Aead.TAG_SIZE];
      nonce[4] = (byte) i;
      sealing.seal(nonce, new byte[0], plain, 0, size, sealed[i], 0);
    }
    counter = sealed.length;
  }

  private ChaChaPolyEngine engine() {
    ChaChaPolyEngine engine =
        provider == Provider.JDK ? new JcaChaChaPoly() : new BouncyCastleChaChaPoly();
    engine.key(new byte[ChainedKey.SIZE]);
    return engine;
  }

  @Benchmark
  public byte[] seal() {
    counter++;
    for (int i = 0; i < Long.BYTES; i++) {
      nonce[4 + i] = (byte) (counter >>> (Byte.SIZE * i));
    }
    sealing.seal(nonce, new byte[0], plain, 0, size, out, 0);
    return out;
  }

  @Benchmark
  public byte[] open() {
    int which = (int) (++counter & 1);
    nonce[4] = (byte) which;
    for (int i = 5; i < Aead.NONCE_SIZE; i++) {
      nonce[i] = 0;
    }
    if (!opening.open(nonce, new byte[0], sealed[which], 0, sealed[which].length, out, 0)) {
      throw new IllegalStateException("what was sealed is not opened");
    }
    return out;
  }
}
