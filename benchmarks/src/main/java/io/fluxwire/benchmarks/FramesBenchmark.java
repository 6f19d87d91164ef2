package io.fluxwire.benchmarks;

import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.record.v3.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** The framing operators beside the JDK's primitives that they cannot be faster than. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FramesBenchmark {

  /**
   * Enough, in streams of at most 1 MiB that stay in the cache, to make the keys' set-up vanish.
   */
  private static final int PACKETS = 1024;

  private static final int STREAM = 1024 * 1024;
  private static final int FEWEST = 16;

  private static final int CHUNK = 16 * 1024;

  /** The payload's size in bytes. */
  @Param({"64", "1024", "16384", "65536", "1048576"})
  public int size;

  private int packets;
  private byte[] body;
  private byte[] out;
  private byte[] stream;
  private Cipher cipher;
  private Mac mac;

  /** Makes keys, and a sealed stream for opening. */
  @Setup
  public void setUp() throws GeneralSecurityException {
    packets = Math.max(FEWEST, Math.min(PACKETS, STREAM / size));
    body = new byte[size];
    out = new byte[size];
    cipher = Cipher.getInstance("AES/CTR/NoPadding");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(new byte[16], "AES"),
        new IvParameterSpec(new byte[16]));
    mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
    ByteBuf sealed = Unpooled.buffer();
    payloads()
        .transform(Frames.seal(keys(), ByteBufAllocator.DEFAULT))
        .subscribe(
            frame -> {
              sealed.writeBytes(frame);
              frame.release();
            });
    stream = new byte[sealed.readableBytes()];
    sealed.readBytes(stream);
  }

  private static DirectionKeys keys() {
    return DirectionKeys.derive(new byte[32], new byte[33]);
  }

  private Flux<ByteBuf> payloads() {
    return Flux.range(0, packets).map(i -> Unpooled.wrappedBuffer(body));
  }

  /** What HMAC and CTR alone take. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public byte[] primitives() throws GeneralSecurityException {
    for (int i = 0; i < PACKETS; i++) {
      for (int done = 0; done < size; done += CHUNK) {
        int piece = Math.min(CHUNK, size - done);
        cipher.update(body, done, piece, out, done);
        mac.update(out, done, piece);
      }
      mac.doFinal();
    }
    return out;
  }

  /** The seal operator. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public long seal() {
    long sealed = 0;
    for (int i = 0; i < PACKETS / packets; i++) {
      Released frames = new Released();
      payloads().transform(Frames.seal(keys(), ByteBufAllocator.DEFAULT)).subscribe(frames);
      sealed += frames.count;
    }
    return sealed;
  }

  /** The open operator, on streams that come in pieces of 64 KiB. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public long open() {
    long opened = 0;
    for (int i = 0; i < PACKETS / packets; i++) {
      Pieces pieces = new Pieces(stream);
      Lent payloads = new Lent();
      pieces.transform(Frames.open(keys(), ByteBufAllocator.DEFAULT)).subscribe(payloads);
      pieces.emit();
      opened += payloads.count;
    }
    return opened;
  }

  /** Counts what is lent to it. */
  private static class Lent extends BaseSubscriber<ByteBuf> {

    long count;

    @Override
    protected void hookOnNext(ByteBuf buffer) {
      count++;
    }
  }

  /** Counts what it gets, and releases it. */
  private static final class Released extends Lent {

    @Override
    protected void hookOnNext(ByteBuf buffer) {
      count++;
      buffer.release();
    }
  }

  /** Emits as a socket does: later, and not from within the request. */
  private static final class Pieces extends Flux<ByteBuf> implements Subscription {

    private static final int PIECE = 64 * 1024;

    private final ByteBuf all;
    private CoreSubscriber<? super ByteBuf> subscriber;
    private long demand;

    Pieces(byte[] stream) {
      all = Unpooled.wrappedBuffer(stream);
    }

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
      subscriber = actual;
      actual.onSubscribe(this);
    }

    @Override
    public void request(long n) {
      demand += n;
    }

    void emit() {
      while (demand > 0 && all.isReadable()) {
        demand--;
        subscriber.onNext(all.readSlice(Math.min(PIECE, all.readableBytes())));
      }
      subscriber.onComplete();
    }

    @Override
    public void cancel() {}
  }
}
