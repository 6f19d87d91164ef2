package io.fluxwire.benchmarks;

import com.google.protobuf.ByteString;
import io.fluxwire.benchmarks.proto.BenchPkt;
import io.fluxwire.benchmarks.proto.Data;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
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

/** The protobuf codec, with its check of unknown fields, beside protobuf's own parser. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecBenchmark {

  /** How long the packet's body is, in bytes. */
  @Param({"64", "1024", "16384"})
  public int size;

  private final PacketCodec<BenchPkt> codec = PacketCodec.protobuf(BenchPkt.getDefaultInstance());
  private BenchPkt packet;
  private byte[] bytes;
  private ByteBuf payload;

  /** Makes a packet, and its payload. */
  @Setup
  public void setUp() {
    packet =
        BenchPkt.newBuilder()
            .setData(Data.newBuilder().setNumber(size).setBody(ByteString.copyFrom(new byte[size])))
            .build();
    bytes = packet.toByteArray();
    payload = codec.encode(packet, PooledByteBufAllocator.DEFAULT);
  }

  /** To a payload. */
  @Benchmark
  public int encode() {
    ByteBuf encoded = codec.encode(packet, PooledByteBufAllocator.DEFAULT);
    int length = encoded.readableBytes();
    encoded.release();
    return length;
  }

  /** What protobuf alone takes to write it. */
  @Benchmark
  public ByteString protobufWrites() {
    return packet.toByteString();
  }

  /** From a payload. */
  @Benchmark
  public BenchPkt decode() {
    return codec.decode(payload.duplicate());
  }

  /** What protobuf alone takes to read it. */
  @Benchmark
  public BenchPkt protobufReads() throws IOException {
    return BenchPkt.parseFrom(bytes);
  }
}
