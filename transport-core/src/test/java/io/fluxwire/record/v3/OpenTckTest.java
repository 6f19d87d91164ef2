package io.fluxwire.record.v3;

import io.fluxwire.crypto.DirectionKeys;
import io.fluxwire.testing.LentBuffers;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.stream.LongStream;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;

/** The Reactive Streams TCK on {@link Frames#open}. */
public class OpenTckTest extends PublisherVerification<Long> {

  public OpenTckTest() {
    super(new TestEnvironment(500, 50));
  }

  @Override
  public long maxElementsFromPublisher() {
    return 1000;
  }

  @Override
  public Publisher<Long> createPublisher(long elements) {
    List<byte[]> payloads =
        LongStream.range(0, elements).mapToObj(i -> Framing.payload(24, i)).toList();
    // Cut where no frame ends, so that buffers hold a part of one, one, or two.
    List<byte[]> chunks = Framing.cut(Framing.join(Framing.seal(payloads)), 100);
    return LentBuffers.of(chunks)
        .transform(Frames.open(Framing.keys(), Framing.allocator()))
        .map(ByteBuf::readLong);
  }

  @Override
  public Publisher<Long> createFailedPublisher() {
    DirectionKeys keys = Framing.keys();
    keys.destroy();
    return LentBuffers.of(List.of())
        .transform(Frames.open(keys, Framing.allocator()))
        .map(ByteBuf::readLong);
  }
}
