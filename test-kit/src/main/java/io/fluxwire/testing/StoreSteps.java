package io.fluxwire.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.record.Incarnation;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/** The blocking steps of {@link ChannelStoreTck}. */
final class StoreSteps {

  static final Duration LIMIT = Duration.ofSeconds(30);

  private StoreSteps() {}

  static <T> T get(Mono<T> work) {
    return Objects.requireNonNull(work.block(LIMIT), "it completed without a value");
  }

  /** Returns the number of bytes that are kept afterwards. */
  static long write(StoredChannel channel, ChannelWrite changes) {
    return get(channel.write(changes));
  }

  static ChannelWrite append(byte[]... packets) {
    return new ChannelWrite(List.of(packets), 0, 0, 0, 0, Incarnation.NONE);
  }

  static ChannelWrite trim(long first) {
    return new ChannelWrite(List.of(), first, 0, 0, 0, Incarnation.NONE);
  }

  static byte[] payload(int number, int size) {
    byte[] payload = new byte[size];
    new Random(number).nextBytes(payload);
    return payload;
  }

  static byte[][] payloads(int from, int count, int size) {
    return IntStream.range(from, from + count)
        .mapToObj(number -> payload(number, size))
        .toArray(byte[][]::new);
  }

  static List<byte[]> read(StoredChannel channel, long from, int maxBytes) {
    return get(channel.read(from, maxBytes));
  }

  static ChannelStoreException.Kind refusal(Throwable error) {
    // block() wraps a checked exception in this one.
    Throwable cause = Exceptions.unwrap(error);
    assertThat(cause).isInstanceOf(ChannelStoreException.class);
    return ((ChannelStoreException) cause).kind();
  }
}
