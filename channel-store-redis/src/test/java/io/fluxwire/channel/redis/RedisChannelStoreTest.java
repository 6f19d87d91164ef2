package io.fluxwire.channel.redis;

import static io.fluxwire.channel.redis.RedisSamples.LIMIT;
import static io.fluxwire.channel.redis.RedisSamples.NODE;
import static io.fluxwire.channel.redis.RedisSamples.assertFails;
import static io.fluxwire.channel.redis.RedisSamples.changes;
import static io.fluxwire.channel.redis.RedisSamples.open;
import static io.fluxwire.channel.redis.RedisSamples.payload;
import static io.fluxwire.channel.redis.RedisSamples.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.testing.ChannelStoreTck;
import io.lettuce.core.RedisURI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

class RedisChannelStoreTest extends ChannelStoreTck {

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

  @Override
  protected ChannelStore create() {
    server.cli("FLUSHALL");
    return store();
  }

  @Override
  protected ChannelStore restart(ChannelStore store) {
    return store();
  }

  private RedisChannelStore store() {
    return keep(RedisSamples.store(server, "a").build());
  }

  private RedisChannelStore keep(RedisChannelStore store) {
    stores.add(store);
    return store;
  }

  @AfterEach
  void disposeAll() {
    stores.forEach(RedisChannelStore::dispose);
  }

  @Test
  void whoWaitsForALeaseGetsTheChannelWhenItIsClosed() {
    StoredChannel channel = open(create());
    write(channel, changes(0, 0, 3, 10));
    RedisChannelStore patient = keep(RedisSamples.store(server, "b").waitForLease(LIMIT).build());

    StoredChannel later = patient.open(RedisSamples.KEY).doOnSubscribe(s -> close(channel)).block();

    assertThat(later.state().next()).isEqualTo(3);
    assertThat(later.state().own()).isEqualTo(channel.state().own());
  }

  private static void close(StoredChannel channel) {
    Mono.delay(Duration.ofMillis(1)).then(channel.close()).subscribe();
  }

  @Test
  void anOpeningThatNobodyWaitsForGivesTheLeaseBack() {
    ChannelStore store = create();
    server.proxy().stall();
    var cancelled = store.open(RedisSamples.KEY).subscribe();
    cancelled.dispose();
    server.proxy().resume();

    StoredChannel channel =
        keep(RedisSamples.store(server, "b").waitForLease(LIMIT).build())
            .open(RedisSamples.KEY)
            .block(LIMIT);

    assertThat(channel).isNotNull();
  }

  @Test
  void whatIsReadAtOnceIsBounded() {
    StoredChannel channel = open(create());
    for (int number = 0; number < 6; number++) {
      write(channel, changes(0, number, 1, 1 << 20));
    }
    write(channel, changes(6, 6, 2_000, 1));

    StoredChannel other = channel;
    assertThat(other.read(6, Integer.MAX_VALUE).block(LIMIT)).hasSize(1_000);
    write(channel, changes(2_006, 2_006, 6, 1 << 20));
    List<byte[]> found = channel.read(2_006, Integer.MAX_VALUE).block(LIMIT);
    assertThat(found).hasSize(4).first().isEqualTo(payload(2_006, 1 << 20));
  }

  @Test
  void aClosedChannelRefusesWork() {
    StoredChannel channel = open(create());
    channel.close().block(LIMIT);

    for (Mono<?> work :
        List.of(channel.write(changes(0, 0, 1, 1)), channel.read(0, 1), channel.delete())) {
      assertFails(work, Kind.FAILED, "open it again");
    }
  }

  @Test
  void aNodesChannelsAreNotAnothers() {
    StoredChannel channel = open(create());
    RedisChannelStore others =
        keep(RedisChannelStore.builder(server.uri(), RedisSamples.KEY.acceptor()).build());

    assertThat(open(others).state().own()).isNotEqualTo(channel.state().own());
  }

  @Test
  void aRedisThatIsNotThereIsAFailure() {
    RedisChannelStore store =
        keep(
            RedisChannelStore.builder(RedisURI.create("127.0.0.1", 1), NODE)
                .lease(Duration.ofMillis(300))
                .build());

    assertFails(store.open(RedisSamples.KEY), Kind.FAILED, "see the cause");
  }

  @Test
  void aWrongPasswordIsAFailureAtOnce() {
    server.cli("CONFIG", "SET", "requirepass", "right");
    try {
      RedisURI uri = RedisURI.builder(server.uri()).withPassword("wrong".toCharArray()).build();
      // As long as it would be tried.
      RedisChannelStore store =
          keep(RedisChannelStore.builder(uri, NODE).lease(Duration.ofHours(1)).build());

      assertFails(store.open(RedisSamples.KEY), Kind.FAILED, "see the cause");
      assertThat(store.toString()).doesNotContain("wrong");
    } finally {
      server.cli("-a", "right", "CONFIG", "SET", "requirepass", "");
    }
  }

  @Test
  void aDisposedStoreOpensNothing() {
    int links = server.proxy().links();
    RedisChannelStore store = store();
    StoredChannel channel = open(store);
    AtomicBoolean gone = new AtomicBoolean();
    store.onDispose().doOnTerminate(() -> gone.set(true)).subscribe();
    assertThat(gone).isFalse();
    assertThat(server.proxy().links()).isEqualTo(links + 1);
    store.dispose();

    assertThat(store.isDisposed()).isTrue();
    store.onDispose().block(LIMIT);
    assertThat(gone).isTrue();
    RedisServer.await(() -> server.proxy().links() == links);
    assertFails(store.open(RedisSamples.KEY), Kind.FAILED);
    assertFails(channel.write(changes(0, 0, 1, 1)), Kind.FAILED);
    channel.close().block(LIMIT);
  }

  @Test
  void whatIsSetIsChecked() {
    RedisChannelStore.Builder builder = RedisSamples.store(server, "a");

    assertThatIllegalArgumentException().isThrownBy(() -> builder.prefix("a{b}"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.prefix(""));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.lease(Duration.ofMillis(99)));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.lease(Duration.ofDays(2)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.waitForLease(Duration.ofMillis(-1)));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.instance(""));
  }
}
