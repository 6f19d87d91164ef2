package io.fluxwire.channel.redis;

import static io.fluxwire.channel.redis.RedisSamples.LIMIT;
import static io.fluxwire.channel.redis.RedisSamples.assertFails;
import static io.fluxwire.channel.redis.RedisSamples.changes;
import static io.fluxwire.channel.redis.RedisSamples.open;
import static io.fluxwire.channel.redis.RedisSamples.payload;
import static io.fluxwire.channel.redis.RedisSamples.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.StoredChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Two instances of a node, and one channel. */
@Timeout(120)
class TakeoverTest {

  private static final Duration LEASE = Duration.ofSeconds(10);

  @TempDir Path directory;

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final VirtualTimeScheduler timers = VirtualTimeScheduler.create();
  private final List<RedisChannelStore> stores = new ArrayList<>();
  private RedisServer server;

  @BeforeEach
  void start() throws Exception {
    server = RedisServer.start(directory);
  }

  @AfterEach
  void stop() throws Exception {
    stores.forEach(RedisChannelStore::dispose);
    if (server != null) {
      server.close();
    }
  }

  private RedisChannelStore store(String instance) {
    RedisChannelStore store = RedisSamples.store(server, instance).build();
    stores.add(store);
    return store;
  }

  /** An instance whose time a test moves, so that it renews nothing by itself. */
  private RedisChannelStore slow(String instance) {
    RedisChannelStore store =
        RedisSamples.store(server, instance).lease(LEASE).time(nanos::get, timers).build();
    stores.add(store);
    return store;
  }

  private void advance(Duration time) {
    nanos.addAndGet(time.toNanos());
    timers.advanceTimeBy(time);
  }

  /** As one does whose disk has failed: it answers each change with MISCONF. */
  private void refuseChanges() throws Exception {
    Files.createDirectory(directory.resolve("dump.rdb"));
    server.cli("CONFIG", "SET", "save", "3600 1000000");
    server.cli("BGSAVE");
    RedisServer.await(
        () -> server.cli("INFO", "persistence").contains("rdb_last_bgsave_status:err"));
    assertThat(server.cli("SET", "any", "thing")).startsWith("MISCONF");
  }

  /** As if its time had come, for Redis. */
  private void endLease() {
    server.cli("HSET", RedisSamples.keys().state(), "until", "1");
  }

  private String field(String name) {
    return server.cli("HGET", RedisSamples.keys().state(), name);
  }

  @Test
  void whoIsRefusedHearsWhoHasItAndForHowLong() {
    open(slow("a"));

    assertFails(store("b").open(RedisSamples.KEY), Kind.IN_USE, "open in a", " ms");
  }

  @Test
  void anInstanceThatWasTakenOverFromChangesAndReadsNothing() {
    StoredChannel a = open(slow("a"));
    write(a, changes(0, 0, 3, 10));
    endLease();

    StoredChannel b = open(store("b"));
    write(b, changes(0, 3, 1, 10));

    assertFails(a.write(changes(0, 3, 5, 10)), Kind.IN_USE, "taken over by b");
    assertFails(a.write(changes(0, 3, 5, 10)), Kind.IN_USE, "taken over by b");
    assertFails(a.read(0, 1), Kind.IN_USE);
    assertFails(a.delete(), Kind.IN_USE);
    a.close().block(LIMIT);
    assertThat(b.read(0, 100).block(LIMIT)).hasSize(4).last().isEqualTo(payload(3, 10));
    assertThat(write(b, changes(0, 4, 1, 10))).isEqualTo(50);
  }

  @Test
  void aReadFindsATakeoverByItself() {
    StoredChannel a = open(slow("a"));
    write(a, changes(0, 0, 3, 10));
    endLease();
    open(store("b"));

    assertFails(a.read(0, 1), Kind.IN_USE, "taken over by b");
  }

  @Test
  void aChannelOfTheNextInstanceIsTheSameStore() {
    StoredChannel a = open(slow("a"));
    write(a, changes(0, 0, 3, 10));
    endLease();

    ChannelState state = open(store("b")).state();

    assertThat(state)
        .isEqualTo(new ChannelState(a.state().own(), a.state().peer(), 0, 0, 3, 30, 3, 0));
    assertThat(field("epoch")).isEqualTo("2");
  }

  @Test
  void aRenewedLeaseLasts() {
    StoredChannel a = open(slow("a"));
    endLease();

    for (int third = 0; third < 9; third++) {
      server.cli("HSET", RedisSamples.keys().state(), "until", "1");
      advance(LEASE.dividedBy(3));
      RedisServer.await(() -> !field("until").equals("1"));
      // What it was asked for before is answered before this, over the one connection.
      a.write(changes(0, third, 1, 1)).block(LIMIT);
    }

    assertFails(store("b").open(RedisSamples.KEY), Kind.IN_USE, "open in a");
  }

  @Test
  void anInstanceThatCannotRenewStopsByItself() {
    StoredChannel a = open(slow("a"));
    server.proxy().stall();

    advance(LEASE.multipliedBy(9).dividedBy(10));

    assertFails(a.write(changes(0, 0, 1, 1)), Kind.IN_USE, "not renewed in time");
    assertFails(a.read(0, 1), Kind.IN_USE, "not renewed in time");
    server.proxy().resume();
    assertFails(a.write(changes(0, 0, 1, 1)), Kind.IN_USE, "not renewed in time");
    a.close().block(LIMIT);
    assertThat(open(store("b")).state().next()).isZero();
  }

  @Test
  void anAnswerThatComesAfterTheLeaseIsNone() {
    StoredChannel a = open(slow("a"));
    Mono<Long> write = a.write(changes(0, 0, 1, 1)).cache();
    server.proxy().stall();
    write.subscribe(kept -> {}, late -> {});
    // Not the timers: nobody gives up, as in a process that was stopped.
    nanos.addAndGet(LEASE.toNanos());
    server.proxy().resume();

    assertFails(write, Kind.IN_USE, "not renewed in time");
    assertThat(field("next")).isEqualTo("1");
  }

  @Test
  void anOpeningThatRedisHasLostIsFoundByBoth() {
    StoredChannel a = open(slow("a"));
    write(a, changes(0, 0, 1, 1));
    // As after a failover to a replica that knew nothing of a yet.
    server.cli("HSET", RedisSamples.keys().state(), "epoch", "0", "token", "");
    StoredChannel b = open(store("b"));

    assertFails(a.write(changes(0, 1, 1, 1)), Kind.CORRUPT, "has lost changes");
    assertFails(b.write(changes(0, 1, 1, 1)), Kind.CORRUPT, "has lost changes", "DEL ");
    b.close().block(LIMIT);
    assertFails(store("c").open(RedisSamples.KEY), Kind.CORRUPT, "has lost changes");
  }

  @Test
  void aChannelThatWasDeletedAndMadeAnewIsNotTheOldOnes() {
    StoredChannel a = open(slow("a"));
    endLease();
    open(store("b")).delete().block(LIMIT);
    StoredChannel c = open(store("c"));

    assertFails(a.write(changes(0, 0, 1, 1)), Kind.IN_USE, "made anew");
    assertThat(write(c, changes(0, 0, 1, 1))).isEqualTo(1);
  }

  /** A process that is stopped for longer than its lease, and goes on. */
  @Test
  void aStoppedProcessThatWakesUpWritesNothing() throws Exception {
    try (InstanceProcess a = InstanceProcess.start(server)) {
      assertThat(a.say("write")).isEqualTo("1");
      a.signal("STOP");
      RedisChannelStore b = RedisSamples.store(server, "b").waitForLease(LIMIT).build();
      stores.add(b);

      StoredChannel channel = open(b);
      assertThat(channel.state().next()).isEqualTo(1);
      a.signal("CONT");

      assertThat(a.say("write")).isEqualTo("IN_USE");
      assertThat(a.say("read")).isEqualTo("IN_USE");
      assertThat(write(channel, changes(0, 1, 1, 1))).isEqualTo(2);
      assertThat(field("next")).isEqualTo("2");
    }
  }

  /** Refused renewals are no answers: the lease goes on, and its end is said where it is used. */
  @Test
  void aLeaseOutlivesARedisThatRefusesChangesForAWhile() throws Exception {
    StoredChannel channel = open(slow("a"));
    write(channel, changes(0, 0, 1, 10));
    refuseChanges();
    long refused = renewals();
    advance(LEASE.dividedBy(3));
    RedisServer.await(() -> renewals() > refused);

    assertFails(channel.write(changes(0, 1, 1, 10)), Kind.FULL, "nothing was stored");
    assertThat(channel.read(0, 100).block(LIMIT)).hasSize(1);
    server.cli("CONFIG", "SET", "save", "");
    long before = renewals();
    advance(LEASE.dividedBy(3));
    RedisServer.await(() -> renewals() > before);
    // Answered behind the renewal.
    channel.read(0, 100).block(LIMIT);
    advance(LEASE.dividedBy(2));

    assertThat(write(channel, changes(0, 1, 1, 10))).isEqualTo(20);
  }

  @Test
  void aRedisThatRefusesChangesForALeaseEndsTheChannelAndSaysSo() throws Exception {
    StoredChannel channel = open(slow("a"));
    write(channel, changes(0, 0, 1, 10));
    refuseChanges();
    for (int third = 0; third < 2; third++) {
      long before = renewals();
      advance(LEASE.dividedBy(3));
      RedisServer.await(() -> renewals() > before);
      assertThat(channel.read(0, 100).block(LIMIT)).hasSize(1);
    }
    advance(LEASE.dividedBy(3));

    assertFails(channel.write(changes(0, 1, 1, 10)), Kind.IN_USE, "was not renewed in time");
    assertFails(channel.read(0, 100), Kind.IN_USE, "was not renewed in time");
    channel.close().block(LIMIT);
  }

  /** How many scripts Redis has run for whoever renews here. */
  private long renewals() {
    return server
        .cli("INFO", "commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_eval"))
        .map(line -> line.replaceAll(".*:calls=(\\d+),.*", "$1"))
        .mapToLong(Long::parseLong)
        .sum();
  }
}
