package io.fluxwire.channel.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.record.Incarnation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/** A channel, and what tests do with it. */
final class RedisSamples {

  static final Duration LIMIT = Duration.ofSeconds(30);

  /** Of the secret keys 1 and 2. */
  static final NodeId NODE =
      NodeId.parse("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");

  private static final NodeId OTHER =
      NodeId.parse("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5");

  static final ChannelKey KEY = new ChannelKey(NODE, OTHER, "payments");

  private RedisSamples() {}

  static RedisChannelStore.Builder store(RedisServer server, String instance) {
    return RedisChannelStore.builder(server.uri(), NODE).instance(instance);
  }

  static ChannelKeys keys() {
    return ChannelKeys.of("fluxwire:channel", NODE, KEY);
  }

  static StoredChannel open(ChannelStore store) {
    return Objects.requireNonNull(store.open(KEY).block(LIMIT));
  }

  static byte[] payload(long number, int size) {
    byte[] payload = new byte[size];
    new Random(number).nextBytes(payload);
    return payload;
  }

  /**
   * Adds packets and deletes those below a number, and takes over how far that is as a position.
   */
  static ChannelWrite changes(long first, long from, int count, int size) {
    List<byte[]> packets = new ArrayList<>();
    for (long number = from; number < from + count; number++) {
      packets.add(payload(number, size));
    }
    return new ChannelWrite(packets, first, from + count, 0, from, Incarnation.NONE);
  }

  static long write(StoredChannel channel, ChannelWrite changes) {
    return Objects.requireNonNull(channel.write(changes).block(LIMIT));
  }

  static ChannelStoreException failure(Mono<?> work) {
    Throwable error = Exceptions.unwrap(catchThrowable(() -> work.block(LIMIT)));
    assertThat(error).isInstanceOf(ChannelStoreException.class);
    return (ChannelStoreException) error;
  }

  static void assertFails(Mono<?> work, Kind kind, String... words) {
    ChannelStoreException failure = failure(work);
    assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
    for (String word : words) {
      assertThat(failure).hasMessageContaining(word);
    }
  }
}
