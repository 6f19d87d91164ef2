package io.fluxwire.fleet.redis;

import static io.fluxwire.fleet.redis.Member.LIMIT;
import static io.fluxwire.fleet.redis.Member.await;
import static io.fluxwire.fleet.redis.Member.awaitMembers;
import static io.fluxwire.fleet.redis.Member.failure;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.TolerantReader;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.testing.FaultProxy;
import io.lettuce.core.RedisURI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What Redis adds to the contract of an engine: rights, lost keys, dead connections. */
@Timeout(120)
class RedisEngineTest {

  private static final String FLEET = "fluxwire:fleet:{test}:";

  @TempDir Path directory;

  private final List<Member> members = new ArrayList<>();
  private final NodeId peer = NodeKey.generate().id();
  private RedisServer server;

  @AfterEach
  void stop() throws Exception {
    members.forEach(Member::leave);
    if (server != null) {
      server.close();
    }
  }

  private static RedisEngine.Builder engine(RedisURI uri) {
    return RedisEngine.builder(uri, "test")
        .interval(Duration.ofMillis(100))
        .timeout(Duration.ofSeconds(6));
  }

  private Member join(FaultProxy proxy) {
    return join(RedisServer.uri(proxy));
  }

  private Member join(RedisURI uri) {
    Member member = Member.join("i" + members.size(), engine(uri).build());
    members.add(member);
    return member;
  }

  private static RedisURI as(FaultProxy proxy, String user, String password) {
    return RedisURI.builder(RedisServer.uri(proxy)).withAuthentication(user, password).build();
  }

  // Rights

  @Test
  void aWrongPasswordIsRefusedAndNotRepeated() throws Exception {
    server = RedisServer.start(directory, "--requirepass", "right");
    FaultProxy proxy = server.proxy();

    for (RedisURI uri : List.of(as(proxy, "default", "hunter2"), RedisServer.uri(proxy))) {
      FleetEngineException refusal =
          failure(engine(uri).build().join(InstanceId.random("stranger"), stranger()));

      assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
      assertThat(refusal).hasMessageContaining("RedisURI");
      assertThat(refusal).hasStackTraceContaining("Redis at 127.0.0.1");
      assertThat(refusal.getMessage() + refusal.getCause()).doesNotContain("hunter2");
    }
    assertThat(server.cli("-a", "right", "KEYS", "*")).doesNotContain("stranger");
  }

  private static Member stranger() {
    return new Member(InstanceId.random("stranger"));
  }

  @Test
  void theRightsThatTheManualListsAreEnoughAndOneLessIsNot() throws Exception {
    server = RedisServer.start(directory);
    List<String> rights =
        List.of(
            ("ACL SETUSER fleet on >secret ~fluxwire:fleet:* &fluxwire:fleet:* +hello +client +ping"
                    + " +evalsha +script|load +subscribe +publish +get +set +del +unlink +exists"
                    + " +pexpire +sadd +srem +smembers +hset +hget +hdel +hscan +zadd +zrem"
                    + " +zrangebyscore +time")
                .split(" "));
    assertThat(server.cli(rights.toArray(String[]::new))).isEqualTo("OK");
    FaultProxy proxy = server.proxy();
    Member one = join(as(proxy, "fleet", "secret"));
    Member two = join(as(proxy, "fleet", "secret"));
    awaitMembers(one, two);

    Holding row = one.hold(peer, 1);
    assertThat(two.link().holdings().collectList().block(LIMIT)).containsExactly(row);
    assertThat(two.find(peer)).isEqualTo(row);
    two.link().send(one.id, "hello".getBytes(UTF_8)).block(LIMIT);
    AccessRule rule =
        new AccessRule("10.0.0.0/8", AccessRule.Action.DENY, Instant.now(), Instant.MAX);
    two.link().set(rule).block(LIMIT);
    assertThat(one.link().rules().collectList().block(LIMIT)).containsExactly(rule);
    one.link().release(peer, 1).block(LIMIT);
    await("the message", () -> one.messages.contains("hello"));

    assertThat(server.cli("ACL", "SETUSER", "fleet", "-sadd")).isEqualTo("OK");
    FleetEngineException refusal =
        failure(engine(as(proxy, "fleet", "secret")).build().join(stranger().id, stranger()));
    assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
    assertThat(refusal).hasMessageContaining("rights");
  }

  @Test
  void anOpenRedisOfAnotherMachineIsAWarning() {
    try (Log log = new Log(RedisEngine.class)) {
      engine(RedisURI.create("redis://127.0.0.1")).build();
      engine(RedisURI.create("redis://user:password@192.0.2.1")).build();
      engine(RedisURI.create("rediss://192.0.2.1")).build();
      assertThat(log.lines()).isEmpty();

      engine(RedisURI.create("redis://192.0.2.1")).build();
      assertThat(log.lines()).singleElement().asString().contains("without a password");
    }
  }

  @Test
  void twoOfOneIdAreRefused() throws Exception {
    server = RedisServer.start(directory);
    FaultProxy proxy = server.proxy();
    Member first = join(proxy);

    FleetEngineException refusal =
        failure(engine(RedisServer.uri(proxy)).build().join(first.id, new Member(first.id)));

    assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
    assertThat(refusal).hasMessageContaining("another id");
    first.hold(peer, 1);
  }

  // What is lost

  @Test
  void aRedisThatLosesKeysIsFilledAgain() throws Exception {
    server = RedisServer.start(directory);
    Member one = join(server.proxy());
    Member two = join(server.proxy());
    Holding row = one.hold(peer, 1);

    server.cli("FLUSHALL");
    await("one is told", () -> one.missed.get() == 1);
    await("two is told", () -> two.missed.get() == 1);
    await("the row", () -> row.equals(two.find(peer)));
    awaitMembers(one, two);

    server.cli("DEL", FLEET + "rows:" + one.id);
    await("one is told again", () -> one.missed.get() == 2);
    await("the row again", () -> row.equals(two.find(peer)));

    server.cli("CLIENT", "KILL", "TYPE", "pubsub");
    await("one is told once more", () -> one.missed.get() == 3);
    await("the row is there", () -> row.equals(two.find(peer)));
  }

  @Test
  void whatChangesWhileItIsAnnouncedIsNotUndone() throws Exception {
    server = RedisServer.start(directory);
    Member one = join(server.proxy());
    Member two = join(server.proxy());
    NodeId other = NodeKey.generate().id();
    one.hold(peer, 1);
    one.hold(other, 1);
    one.whileAnnouncing =
        () -> {
          one.link().release(peer, 1).subscribe();
          one.link().hold(other, 2).subscribe();
        };

    server.restart();

    await("one is back", () -> one.missed.get() == 1);
    await("two is back", () -> two.missed.get() == 1);
    assertThat(two.find(peer)).isNull();
    assertThat(two.find(other)).isEqualTo(new Holding(other, one.id, 2));
  }

  @Test
  void rowsThatWereReleasedMeanwhileAreGone() throws Exception {
    server = RedisServer.start(directory);
    FaultProxy way = server.proxy();
    Member one = join(way);
    Member two = join(server.proxy());
    NodeId kept = NodeKey.generate().id();
    Holding gone = one.hold(peer, 1);
    Holding staying = one.hold(kept, 2);

    way.refuse(true);
    way.reset();
    await("the loss", () -> isAway(one));
    await("one is told of it", () -> one.lost.get() == 1);
    one.own.remove(peer);
    assertThat(failure(one.link().release(peer, 1)).kind()).isEqualTo(Kind.UNREACHABLE);
    Holding fresh = one.owns(NodeKey.generate().id(), 3);
    assertThat(failure(one.link().hold(fresh.peer(), 3)).kind()).isEqualTo(Kind.UNREACHABLE);
    way.refuse(false);

    await("one is back", () -> one.missed.get() == 1);
    assertThat(two.find(peer)).isNull();
    assertThat(two.find(kept)).isEqualTo(staying);
    assertThat(two.find(fresh.peer())).isEqualTo(fresh);
    await("two is told of the release", () -> two.released.contains(gone));
    await("two is told of the row", () -> two.held.contains(fresh));
    assertThat(two.released).containsExactly(gone);
  }

  private static boolean isAway(Member member) {
    try {
      member.link().rules().blockLast(LIMIT);
      return false;
    } catch (FleetEngineException away) {
      return away.kind() == Kind.UNREACHABLE;
    }
  }

  @Test
  void aConnectionThatIsSilentIsGivenUp() throws Exception {
    server = RedisServer.start(directory);
    FaultProxy way = server.proxy();
    Member one = join(way);
    Member two = join(server.proxy());
    Holding row = one.hold(peer, 1);

    way.stall();
    await("the loss", () -> isAway(one));
    await("it is alone", () -> one.members().size() == 1);
    await("the other is alone, too", () -> two.members().size() == 1);
    assertThat(two.find(peer)).isNull();
    way.resume();

    awaitMembers(one, two);
    await("the row", () -> row.equals(two.find(peer)));
  }

  @Test
  void aRedisThatDoesNotAnswerCannotBeJoined() throws Exception {
    server = RedisServer.start(directory);
    FaultProxy way = server.proxy();
    way.stall();

    FleetEngineException failure =
        failure(engine(RedisServer.uri(way)).build().join(stranger().id, stranger()));

    assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
  }

  @Test
  void manyRowsAreAnnouncedAgainAfterARestart() throws Exception {
    server = RedisServer.start(directory);
    Member one = join(server.proxy());
    Member two = join(server.proxy());
    List<NodeId> peers = Stream.generate(() -> NodeKey.generate().id()).limit(3_000).toList();
    peers.forEach(id -> one.owns(id, 1));

    server.restart();

    await("one is back", () -> one.missed.get() == 1);
    await("two is back", () -> two.missed.get() == 1);
    assertThat(two.link().holdings().map(Holding::peer).collectList().block(LIMIT))
        .containsExactlyInAnyOrderElementsOf(peers);
  }

  // What is left

  @Test
  void allKeysButRulesEndByThemselves() throws Exception {
    server = RedisServer.start(directory);
    Member one = join(server.proxy());
    one.hold(peer, 1);

    List<String> keys = server.cli("KEYS", "*").lines().sorted().toList();
    assertThat(keys)
        .containsExactly(FLEET + "member:" + one.id, FLEET + "members", FLEET + "rows:" + one.id);
    assertThat(keys).allSatisfy(key -> assertThat(server.cli("TTL", key)).doesNotStartWith("-"));
  }

  @Test
  void endedRulesAreRemoved() throws Exception {
    server = RedisServer.start(directory);
    Member one = join(server.proxy());
    Instant now = Instant.now();

    one.link().set(new AccessRule("a", AccessRule.Action.DENY, now, now)).block(LIMIT);

    await("no rules", () -> server.cli("KEYS", "*rules*").isEmpty());
  }

  @Test
  void whatCannotBeReadIsLeftOutAndWarnedOfOnce() throws Exception {
    server = RedisServer.start(directory);
    Member one = join(server.proxy());

    try (Log log = new Log(TolerantReader.class)) {
      for (String garbage :
          List.of(
              "", "held", "members x", "nonsense", "held a_0000000000000000\nx 1", "rules\n1 2")) {
        assertThat(server.cli("PUBLISH", FLEET + "to:" + one.id, garbage)).isEqualTo("1");
      }
      server.cli("HSET", FLEET + "rows:" + one.id, peer.toString(), "no epoch");
      assertThat(one.find(peer)).isNull();
      one.link().send(one.id, "first".getBytes(UTF_8)).block(LIMIT);
      one.link().send(one.id, "second".getBytes(UTF_8)).block(LIMIT);

      await("the messages", () -> one.messages.equals(List.of("first", "second")));
      assertThat(log.lines()).hasSize(1);
    }
    assertThat(one.members()).containsExactly(one.id);
  }

  @Test
  void fleetsOfOtherNamesAreApart() throws Exception {
    server = RedisServer.start(directory);
    FaultProxy way = server.proxy();
    Member one = join(way);
    Member other = Member.join("o", RedisEngine.builder(RedisServer.uri(way), "other").build());
    members.add(other);
    one.hold(peer, 1);

    assertThat(other.members()).containsExactly(other.id);
    assertThat(other.find(peer)).isNull();
    assertThat(failure(other.link().send(one.id, new byte[1])).kind()).isEqualTo(Kind.NO_MEMBER);
  }

  @Test
  @Tag("processes")
  void anInstanceThatWasStoppedComesBack() throws Exception {
    server = RedisServer.start(directory);
    Member one = join(server.proxy());
    try (MemberProcess other = MemberProcess.start(server.proxy(), peer)) {
      await("the other's row", () -> one.find(peer) != null);
      assertThat(one.members()).hasSize(2);

      other.signal("STOP");
      await("the other is gone", () -> one.members().size() == 1);
      assertThat(one.find(peer)).isNull();

      other.signal("CONT");
      await("the other is back", () -> one.members().size() == 2);
      await("the other's row again", () -> one.find(peer) != null);
    }
    await("the other is dead", () -> one.members().size() == 1);
  }

  @Test
  void settingsOutOfBoundsAreRefused() {
    RedisURI uri = RedisURI.create("127.0.0.1", 6379);

    assertThatIllegalArgumentException().isThrownBy(() -> RedisEngine.builder(uri, "two words"));
    assertThatIllegalArgumentException().isThrownBy(() -> engine(uri).interval(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> engine(uri).timeout(Duration.ofDays(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine(uri).interval(Duration.ofSeconds(3)).build())
        .withMessageContaining("three intervals");
    assertThat(engine(uri).build()).hasToString("RedisEngine(test, 127.0.0.1:6379)");
  }

  /** What a class logs. */
  private static final class Log implements AutoCloseable {

    private final Logger logger;
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    Log(Class<?> of) {
      logger = (Logger) LoggerFactory.getLogger(of);
      appender.start();
      logger.addAppender(appender);
    }

    List<String> lines() {
      return List.copyOf(appender.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Override
    public void close() {
      logger.detachAppender(appender);
    }
  }
}
