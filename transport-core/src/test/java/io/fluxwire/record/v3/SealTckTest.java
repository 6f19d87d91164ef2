package io.fluxwire.record.v3;

import io.fluxwire.crypto.DirectionKeys;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.publisher.Flux;

/** The Reactive Streams TCK on {@link Frames#seal}. */
public class SealTckTest extends PublisherVerification<Integer> {

  public SealTckTest() {
    super(new TestEnvironment(500, 50));
  }

  @Override
  public long maxElementsFromPublisher() {
    return 1000;
  }

  @Override
  public Publisher<Integer> createPublisher(long elements) {
    return sizes(Framing.keys(), elements);
  }

  @Override
  public Publisher<Integer> createFailedPublisher() {
    DirectionKeys keys = Framing.keys();
    keys.destroy();
    return sizes(keys, 1);
  }

  private static Flux<Integer> sizes(DirectionKeys keys, long elements) {
    return Flux.range(0, (int) elements)
        .<ByteBuf>map(i -> Unpooled.wrappedBuffer(Framing.payload(24, i)))
        .transform(Frames.seal(keys, Framing.allocator()))
        .map(
            frame -> {
              try {
                return frame.readableBytes();
              } finally {
                frame.release();
              }
            });
  }
}
