package io.fluxwire.channel.redis;

import static io.fluxwire.channel.redis.RedisSamples.LIMIT;
import static io.fluxwire.channel.redis.RedisSamples.assertFails;
import static io.fluxwire.channel.redis.RedisSamples.changes;
import static io.fluxwire.channel.redis.RedisSamples.open;
import static io.fluxwire.channel.redis.RedisSamples.payload;
import static io.fluxwire.channel.redis.RedisSamples.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.testing.FaultProxy.Direction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A Redis that is killed, loses what it has, or whose answers are lost. */
@Timeout(120)
class RestartTest {

  private static final String[] SNAPSHOTS = {"--appendonly", "no"};

  @TempDir Path directory;

  private final List<RedisChannelStore> stores = new ArrayList<>();
  private RedisServer server;

  private void start(String... settings) throws Exception {
    server = RedisServer.start(directory, settings);
  }

  @AfterEach
  void stop() throws Exception {
    stores.forEach(RedisChannelStore::dispose);
    if (server != null) {
      server.close();
    }
  }

  private RedisChannelStore keep(RedisChannelStore.Builder builder) {
    // No restart here is to end a channel, however slow the machine is.
    RedisChannelStore store = builder.lease(Duration.ofMinutes(2)).build();
    stores.add(store);
    return store;
  }

  private RedisChannelStore store(String instance) {
    return keep(RedisSamples.store(server, instance));
  }

  private RedisChannelStore careless(String instance) {
    return keep(RedisSamples.store(server, instance).allowLoss());
  }

  private String field(String name) {
    return server.cli("HGET", RedisSamples.keys().state(), name);
  }

  private void killAndRestart() throws Exception {
    server.kill();
    server.restart();
  }

  /** Killed again and again while a channel is written to, which notices nothing. */
  @Test
  void whatWasReportedSurvivesKillingAndTheChannelGoesOn() throws Exception {
    start();
    StoredChannel channel = open(store("a"));
    AtomicLong reported = new AtomicLong();
    int writes = 2_000;
    Mono<Long> writing =
        Flux.range(0, writes)
            .concatMap(n -> channel.write(changes(Math.max(0, n - 50), n, 1, 100)))
            .doOnNext(kept -> reported.incrementAndGet())
            .count()
            .cache();
    writing.subscribe();

    for (int kill = 1; kill <= 3; kill++) {
      long enough = 400L * kill;
      RedisServer.await(() -> reported.get() >= enough);
      server.kill();
      long before = reported.get();
      server.restart();
      assertThat(Long.parseLong(field("next"))).isGreaterThanOrEqualTo(before);
    }

    assertThat(writing.block(LIMIT)).isEqualTo(writes);
    channel.close().block(LIMIT);
    killAndRestart();
    StoredChannel later = open(store("b"));
    assertThat(later.state())
        .isEqualTo(
            new ChannelState(
                channel.state().own(),
                channel.state().peer(),
                writes - 1,
                writes - 51,
                writes,
                5_100,
                writes,
                0));
    assertThat(later.read(writes - 51, 1 << 20).block(LIMIT))
        .hasSize(51)
        .last()
        .isEqualTo(payload(writes - 1, 100));
  }

  @Test
  void aWriteWhoseAnswerWasLostIsAppliedOnce() throws Exception {
    start();
    StoredChannel channel = open(store("a"));
    write(channel, changes(0, 0, 1, 10));
    server.proxy().drop(Direction.FROM_TARGET);
    Mono<Long> write = channel.write(changes(0, 1, 2, 10)).cache();
    write.subscribe();
    RedisServer.await(() -> field("seq").equals("2"));

    server.proxy().reset();

    assertThat(write.block(LIMIT)).isEqualTo(30);
    assertThat(field("next")).isEqualTo("3");
    assertThat(write(channel, changes(0, 3, 1, 10))).isEqualTo(40);
    assertThat(channel.read(0, 1_000).block(LIMIT))
        .containsExactly(payload(0, 10), payload(1, 10), payload(2, 10), payload(3, 10));
  }

  @Test
  void anOpeningWhoseAnswerWasLostIsTheSameOne() throws Exception {
    start();
    RedisChannelStore store = store("a");
    // So that there is a connection, which knows how Redis is set.
    open(store).delete().block(LIMIT);
    server.cli("CONFIG", "SET", "maxmemory", "0");
    // What comes before it is answered: the opening itself waits for this, and is not.
    server.cli("CLIENT", "PAUSE", "30000", "WRITE");
    Mono<StoredChannel> opening = store.open(RedisSamples.KEY).cache();
    opening.subscribe();
    RedisServer.await(() -> server.cli("INFO", "clients").contains("blocked_clients:1"));
    server.proxy().drop(Direction.FROM_TARGET);
    server.cli("CLIENT", "UNPAUSE");
    RedisServer.await(() -> field("epoch").equals("1"));
    String token = field("token");
    server.proxy().reset();

    StoredChannel channel = opening.block(LIMIT);

    assertThat(field("epoch")).isEqualTo("1");
    assertThat(field("token")).isEqualTo(token);
    assertThat(write(channel, changes(0, 0, 1, 1))).isEqualTo(1);
  }

  @Test
  void anEmptyRedisIsFoundAndBeginsWithANewIncarnation() throws Exception {
    start();
    StoredChannel a = open(store("a"));
    write(a, changes(0, 0, 1, 1));
    server.cli("FLUSHALL");

    assertFails(a.write(changes(0, 1, 1, 1)), Kind.CORRUPT, "was deleted or lost");
    a.close().block(LIMIT);
    assertThat(open(store("b")).state().own()).isNotEqualTo(a.state().own());
  }

  @Test
  void aRedisThatMayLoseWritesIsRefusedUnlessThatIsAllowed() throws Exception {
    start(SNAPSHOTS);

    assertFails(store("a").open(RedisSamples.KEY), Kind.FAILED, "appendonly is no", "allowLoss()");
    assertThat(write(open(careless("a")), changes(0, 0, 1, 1))).isEqualTo(1);
  }

  @Test
  void lostWritesAreFoundByTheChannelThatMadeThem() throws Exception {
    start(SNAPSHOTS);
    StoredChannel channel = open(careless("a"));
    write(channel, changes(0, 0, 1, 1));
    server.cli("SAVE");
    write(channel, changes(0, 1, 1, 1));
    killAndRestart();

    assertFails(channel.read(0, 1), Kind.CORRUPT, "has lost changes");
    channel.close().block(LIMIT);
    assertFails(careless("b").open(RedisSamples.KEY), Kind.CORRUPT, "has lost changes");
    ChannelKeys keys = RedisSamples.keys();
    server.cli("DEL", keys.state(), keys.packets());
    assertThat(open(careless("b")).state().isNew()).isTrue();
  }

  @Test
  void nothingIsLostWhereALiveChannelSeesItsWrites() throws Exception {
    start(SNAPSHOTS);
    StoredChannel channel = open(careless("a"));
    write(channel, changes(0, 0, 1, 1));
    server.cli("SAVE");
    killAndRestart();

    assertThat(write(channel, changes(0, 1, 1, 1))).isEqualTo(2);
  }

  @Test
  void aChannelThatNobodyHadOpenIsRefusedAfterARestartThatMayHaveLostSome() throws Exception {
    start(SNAPSHOTS);
    StoredChannel channel = open(careless("a"));
    write(channel, changes(0, 0, 1, 1));
    channel.close().block(LIMIT);
    server.cli("SAVE");
    killAndRestart();

    assertFails(careless("b").open(RedisSamples.KEY), Kind.CORRUPT, "was restarted", "DEL ");
  }

  /** WAITAOF: what is reported is on the disk, though Redis syncs by the second. */
  @Test
  void aRedisThatSyncsBySecondIsAskedToSync() throws Exception {
    start("--appendonly", "yes", "--appendfsync", "everysec");
    assumeTrue(
        Durability.of(server.cli("INFO"), Map.of()).awaitsSync(),
        "this Redis has no WAITAOF, which came with 7.2");
    StoredChannel channel = open(store("a"));
    write(channel, changes(0, 0, 1, 1));

    assertThat(server.cli("INFO", "commandstats")).contains("cmdstat_waitaof:calls=");
    killAndRestart();
    assertThat(write(channel, changes(0, 1, 1, 1))).isEqualTo(2);
  }
}
