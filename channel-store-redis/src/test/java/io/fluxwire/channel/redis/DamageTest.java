package io.fluxwire.channel.redis;

import static io.fluxwire.channel.redis.RedisSamples.LIMIT;
import static io.fluxwire.channel.redis.RedisSamples.assertFails;
import static io.fluxwire.channel.redis.RedisSamples.changes;
import static io.fluxwire.channel.redis.RedisSamples.open;
import static io.fluxwire.channel.redis.RedisSamples.payload;
import static io.fluxwire.channel.redis.RedisSamples.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.StoredChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that are not as they were left, and a Redis without room. */
@Timeout(60)
class DamageTest {

  private static final String STATE = RedisSamples.keys().state();
  private static final String PACKETS = RedisSamples.keys().packets();

  @TempDir static Path directory;

  private static RedisServer server;

  private final List<RedisChannelStore> stores = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    server = RedisServer.start(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void empty() {
    server.cli("FLUSHALL");
  }

  @AfterEach
  void disposeAll() {
    server.cli("CONFIG", "SET", "maxmemory", "0");
    stores.forEach(RedisChannelStore::dispose);
  }

  private RedisChannelStore store() {
    RedisChannelStore store = RedisSamples.store(server, "a").build();
    stores.add(store);
    return store;
  }

  private StoredChannel withThreePackets() {
    StoredChannel channel = open(store());
    write(channel, changes(0, 0, 3, 10));
    return channel;
  }

  private void closed() {
    withThreePackets().close().block(LIMIT);
  }

  private void assertOpeningFails(Kind kind, String... words) {
    assertFails(store().open(RedisSamples.KEY), kind, words);
  }

  @Test
  void aKeyOfAnotherTypeIsForeign() {
    server.cli("SET", STATE, "text");

    assertOpeningFails(Kind.FOREIGN, "a string", "a prefix of its own");
  }

  @Test
  void packetsOfAnotherTypeAreForeign() {
    closed();
    server.cli("DEL", PACKETS);
    server.cli("SET", PACKETS, "text");

    assertOpeningFails(Kind.FOREIGN, "another type");
  }

  @Test
  void aHashOfAnotherProgramIsForeign() {
    server.cli("HSET", STATE, "a", "b");

    assertOpeningFails(Kind.FOREIGN, "another program");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fluxwire channel 1", "fluxwire channel 3"})
  void anotherVersionIsForeign(String format) {
    closed();
    server.cli("HSET", STATE, "format", format);

    assertOpeningFails(Kind.FOREIGN, format);
  }

  @Test
  void anotherChannelsHashIsForeign() {
    closed();
    server.cli("HSET", STATE, "channel", "of somebody else");

    assertOpeningFails(Kind.FOREIGN, "another channel");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"own", "peer", "first", "next", "received", "skipped", "attempt", "bytes"})
  void aFieldThatIsMissingIsFound(String field) {
    closed();
    server.cli("HDEL", STATE, field);

    assertOpeningFails(Kind.CORRUPT, "damaged", "DEL " + STATE + " " + PACKETS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "peer", "received", "skipped", "attempt", "bytes"})
  void aFieldThatIsNoNumberIsFound(String field) {
    closed();
    server.cli("HSET", STATE, field, "x");

    assertOpeningFails(Kind.CORRUPT, "damaged");
  }

  @Test
  void packetsWithoutAStateAreFound() {
    closed();
    server.cli("DEL", STATE);

    assertOpeningFails(Kind.CORRUPT, "no state");
  }

  @Test
  void packetsThatWereEvictedAreFound() {
    closed();
    server.cli("DEL", PACKETS);

    assertOpeningFails(Kind.CORRUPT, "packets are missing");
  }

  @Test
  void aPacketThatIsMissingIsFoundByWritesAndReads() {
    StoredChannel channel = withThreePackets();
    server.cli("HDEL", PACKETS, "1");
    assertFails(channel.write(changes(0, 3, 1, 1)), Kind.CORRUPT, "packets are missing");

    channel.close().block(LIMIT);
    server.cli("HSET", PACKETS, "7", "another");
    StoredChannel again = open(store());
    assertThat(again.read(0, 1).block(LIMIT)).hasSize(1);
    assertFails(again.read(1, 1), Kind.CORRUPT, "packet 1 is missing");
  }

  @Test
  void aPacketThatWasChangedIsFound() {
    StoredChannel channel = withThreePackets();
    server.cli("HSET", PACKETS, "1", "1234" + "0123456789");

    assertThat(channel.read(0, 10).block(LIMIT)).containsExactly(payload(0, 10));
    assertFails(channel.read(1, 10), Kind.CORRUPT, "packet 1 has another checksum");
    assertFails(channel.write(changes(0, 3, 1, 1)), Kind.CORRUPT);
  }

  private static void fill() {
    server.cli("CONFIG", "SET", "maxmemory", "1");
  }

  @Test
  void aFullRedisStoresNothingAndTheSameWriteFitsLater() {
    StoredChannel channel = withThreePackets();
    fill();

    assertFails(channel.write(changes(0, 3, 1, 1_000)), Kind.FULL, "nothing was stored");
    assertFails(channel.write(changes(1, 3, 1, 1_000)), Kind.FULL, "nothing was stored");
    assertThat(channel.read(0, 100).block(LIMIT)).hasSize(3);
    server.cli("CONFIG", "SET", "maxmemory", "0");

    assertThat(write(channel, changes(1, 3, 1, 1_000))).isEqualTo(1_020);
  }

  @Test
  void aFullRedisTakesPositionsAndDeletions() {
    StoredChannel channel = withThreePackets();
    fill();

    assertThat(write(channel, changes(0, 3, 0, 0))).isEqualTo(30);
    assertThat(write(channel, changes(2, 3, 1, 10))).isEqualTo(20);
    channel.close().block(LIMIT);
    StoredChannel later = open(store());
    assertThat(later.state().first()).isEqualTo(2);
    assertThat(later.read(2, 100).block(LIMIT)).containsExactly(payload(2, 10), payload(3, 10));
  }

  @Test
  void aFullRedisHasNoRoomForANewChannel() {
    fill();

    assertOpeningFails(Kind.FULL);
    assertThat(server.cli("EXISTS", STATE)).isEqualTo("0");
  }
}
