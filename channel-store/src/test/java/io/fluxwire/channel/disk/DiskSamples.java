package io.fluxwire.channel.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.record.Incarnation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import reactor.core.Exceptions;

/** A channel and its packets, the same in every process of a test. */
final class DiskSamples {

  static final ChannelKey KEY = key("channel");

  private DiskSamples() {}

  static ChannelKey key(String name) {
    // The generator of the curve, and its double.
    return new ChannelKey(
        NodeId.parse("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
        NodeId.parse("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"),
        name);
  }

  static StoredChannel open(ChannelStore store) {
    StoredChannel channel = store.open(KEY).block();
    assertThat(channel).isNotNull();
    return channel;
  }

  /** Packets of 1,000 bytes. */
  static ChannelWrite append(long from, int count) {
    return append(from, 1_000, count);
  }

  static ChannelWrite append(long from, int size, int count) {
    List<byte[]> packets = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      packets.add(payload(from + n, size));
    }
    return new ChannelWrite(packets, 0, 0, 0, 0, Incarnation.NONE);
  }

  static ChannelWrite trim(long first, byte[]... packets) {
    return new ChannelWrite(List.of(packets), first, 0, 0, 0, Incarnation.NONE);
  }

  static byte[] payload(long number, int size) {
    byte[] payload = new byte[size];
    new Random(number).nextBytes(payload);
    return payload;
  }

  static ChannelStoreException.Kind kind(Throwable error) {
    Throwable cause = Exceptions.unwrap(error);
    assertThat(cause).isInstanceOf(ChannelStoreException.class);
    return ((ChannelStoreException) cause).kind();
  }

  static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }
}
