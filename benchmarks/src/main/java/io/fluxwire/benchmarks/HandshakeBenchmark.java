package io.fluxwire.benchmarks;

import io.fluxwire.NodeId;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.handshake.v3.Authenticator;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.SecureRandom;
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
import reactor.core.publisher.Flux;

/** What each stage of a handshake costs one side, without the wire. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HandshakeBenchmark {

  /** The curve implementation: the one that is preferred here, or BouncyCastle. */
  @Param({"preferred", "bouncycastle"})
  public String curve;

  private final SecureRandom random = new SecureRandom();
  private Secp256k1 secp256k1;
  private SessionKeyPair theirs;
  private byte[] secret;
  private Authenticator ours;
  private Authenticator peers;
  private ByteBuf proof;

  /** Makes both sides' keys, and the peer's proof. */
  @Setup
  public void setUp() {
    secp256k1 = curve.equals("preferred") ? Secp256k1.preferred() : Secp256k1.bouncyCastle();
    SessionKeyPair mine = SessionKeyPair.generate(secp256k1, random);
    theirs = SessionKeyPair.generate(secp256k1, random);
    secret = new byte[32];
    do {
      random.nextBytes(secret);
    } while (!secp256k1.isSecret(secret));
    ours = new Authenticator(NodeKey.generate(), mine.publicKey(), null, secp256k1);
    peers = new Authenticator(NodeKey.generate(), theirs.publicKey(), null, secp256k1);
    proof =
        Unpooled.unreleasableBuffer(
            Unpooled.wrappedBuffer(peers.prove(mine.publicKey()).block().toByteArray()));
  }

  /** A session key pair. */
  @Benchmark
  public SessionKeyPair keyPair() {
    return SessionKeyPair.generate(secp256k1, random);
  }

  /** From a pair that is there to both directions' keys. */
  @Benchmark
  public SessionKeys agreement() {
    return SessionKeys.agree(secp256k1, SessionKeyPair.of(secp256k1, secret), theirs.publicKey());
  }

  /** The part of {@link #agreement} that makes its pair. */
  @Benchmark
  public SessionKeyPair pairOfSecret() {
    return SessionKeyPair.of(secp256k1, secret);
  }

  /** This side's authenticate; signs with the preferred implementation. */
  @Benchmark
  public Pkt prove() {
    return ours.prove(theirs.publicKey()).block();
  }

  /** The peer's authenticate, until its id is known. */
  @Benchmark
  public NodeId verify() {
    return Flux.just(proof.duplicate()).concatWith(Flux.never()).as(ours.verify()).block();
  }
}
