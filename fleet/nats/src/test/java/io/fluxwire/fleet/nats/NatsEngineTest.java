package io.fluxwire.fleet.nats;

import static io.fluxwire.fleet.nats.Member.LIMIT;
import static io.fluxwire.fleet.nats.Member.await;
import static io.fluxwire.fleet.nats.Member.awaitMembers;
import static io.fluxwire.fleet.nats.Member.failure;
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
import io.fluxwire.fleet.internal.Notice;
import io.fluxwire.fleet.internal.TolerantReader;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.testing.FaultProxy;
import io.nats.client.Connection;
import io.nats.client.NKey;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.Subscription;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What NATS adds to the contract of an engine: rights, lost sessions, dead connections. */
@Timeout(120)
class NatsEngineTest {

  private static final String FLEET = "fluxwire.test.";

  @TempDir Path directory;

  private final List<Member> members = new ArrayList<>();
  private final NodeId peer = NodeKey.generate().id();
  private NatsServer server;

  @AfterEach
  void stop() throws Exception {
    members.forEach(Member::leave);
    if (server != null) {
      server.close();
    }
  }

  private static NatsEngine.Builder engine(Options.Builder options) {
    return NatsEngine.builder(options.build(), "test")
        .interval(Duration.ofMillis(100))
        .timeout(Duration.ofSeconds(6));
  }

  private Member join(FaultProxy proxy) {
    return join(NatsServer.options(proxy));
  }

  private Member join(Options.Builder options) {
    Member member = Member.join("i" + members.size(), engine(options).build());
    members.add(member);
    return member;
  }

  private static Member stranger() {
    return new Member(InstanceId.random("stranger"));
  }

  private static FleetEngineException refusal(Options.Builder options) {
    return failure(engine(options).build().join(stranger().id, stranger()));
  }

  // Rights

  @Test
  void aWrongPasswordIsRefusedAndLogged() throws Exception {
    server = NatsServer.start(directory, "authorization { user: fleet, password: right }");
    FaultProxy proxy = server.proxy();

    for (Options.Builder options :
        List.of(
            NatsServer.options(proxy),
            NatsServer.options(proxy).userInfo("fleet".toCharArray(), "hunter2".toCharArray()),
            new Options.Builder().server(NatsServer.uri(proxy, "fleet:hunter2@").toString()))) {
      FleetEngineException refusal = refusal(options);

      assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
      assertThat(refusal).hasMessageContaining("Options").hasMessageContaining("NATS at 127.0.0.1");
      assertThat(refusal).hasNoCause();
      assertThat(refusal.getMessage()).doesNotContain("hunter2");
      assertThat(engine(options).build().toString()).doesNotContain("hunter2");
    }
    await(
        "NATS logs it",
        () -> server.log().stream().anyMatch(l -> l.contains("authentication error")));
    join(NatsServer.options(proxy).userInfo("fleet".toCharArray(), "right".toCharArray()));
  }

  @Test
  void theRightsThatTheManualListsAreEnoughAndOneLessIsNot() throws Exception {
    server =
        NatsServer.start(
            directory,
            "authorization { users: [",
            "  { user: fleet, password: secret, permissions: {",
            "    publish: \"fluxwire.test.>\", subscribe: \"fluxwire.test.>\" } }",
            "  { user: less, password: secret, permissions: {",
            "    publish: \"fluxwire.test.>\", subscribe: \"fluxwire.test.to.>\" } }",
            "] }");
    FaultProxy proxy = server.proxy();
    Member one = join(as(proxy, "fleet"));
    Member two = join(as(proxy, "fleet"));
    awaitMembers(one, two);

    Holding row = one.hold(peer, 1);
    await("the row", () -> row.equals(two.find(peer)));
    assertThat(two.link().holdings().collectList().block(LIMIT)).containsExactly(row);
    two.link().send(one.id, "hello".getBytes(UTF_8)).block(LIMIT);
    AccessRule rule =
        new AccessRule("10.0.0.0/8", AccessRule.Action.DENY, Instant.now(), Instant.MAX);
    two.link().set(rule).block(LIMIT);
    await("the rule", () -> List.of(rule).equals(one.link().rules().collectList().block(LIMIT)));
    await("the message", () -> one.messages.contains("hello"));

    FleetEngineException refusal = refusal(as(proxy, "less"));
    assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
    assertThat(refusal).hasMessageContaining("permit");
  }

  private static Options.Builder as(FaultProxy proxy, String user) {
    return NatsServer.options(proxy).userInfo(user.toCharArray(), "secret".toCharArray());
  }

  /** NATS' own keys want BouncyCastle, of which there is another jar than jnats asks for. */
  @Test
  void anInstanceCanShowAKeyOfNats() throws Exception {
    NKey key = NKey.createUser(null);
    server =
        NatsServer.start(
            directory,
            "authorization { users: [ { nkey: %s } ] }".formatted(new String(key.getPublicKey())));

    Member one =
        join(
            NatsServer.options(server.proxy())
                .authHandler(Nats.staticCredentials(null, key.getSeed())));

    assertThat(one.members()).containsExactly(one.id);
  }

  @Test
  void anOpenNatsOfAnotherMachineIsAWarning() {
    try (Log log = new Log(NatsEngine.class)) {
      engine(new Options.Builder().server("nats://127.0.0.1")).build();
      engine(new Options.Builder().server("nats://user:password@192.0.2.1")).build();
      engine(new Options.Builder().server("nats://192.0.2.1").token("secret".toCharArray()))
          .build();
      assertThat(log.lines()).isEmpty();

      engine(new Options.Builder().server("nats://192.0.2.1")).build();
      assertThat(log.lines()).singleElement().asString().contains("without a user");
    }
  }

  @Test
  void aNatsThatTakesSmallMessagesIsRefused() throws Exception {
    server = NatsServer.start(directory, "max_payload: 65536");

    assertThat(refusal(NatsServer.options(server.proxy()))).hasMessageContaining("max_payload");
  }

  @Test
  void twoOfOneIdAreRefused() throws Exception {
    server = NatsServer.start(directory);
    FaultProxy proxy = server.proxy();
    Member first = join(proxy);

    FleetEngineException refusal =
        failure(engine(NatsServer.options(proxy)).build().join(first.id, new Member(first.id)));

    assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
    assertThat(refusal).hasMessageContaining("another id");
    first.hold(peer, 1);
  }

  @Test
  void whatChangesWhileItIsAnnouncedIsNotUndone() throws Exception {
    server = NatsServer.start(directory);
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
  void aConnectionThatIsSilentIsGivenUp() throws Exception {
    server = NatsServer.start(directory);
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
  void manyRowsAreAnnouncedAgainAfterARestart() throws Exception {
    server = NatsServer.start(directory);
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

  @Test
  void fleetsOfOtherNamesAreApart() throws Exception {
    server = NatsServer.start(directory);
    FaultProxy way = server.proxy();
    Member one = join(way);
    Member other =
        Member.join("o", NatsEngine.builder(NatsServer.options(way).build(), "other").build());
    members.add(other);
    one.hold(peer, 1);

    assertThat(other.members()).containsExactly(other.id);
    assertThat(other.find(peer)).isNull();
    assertThat(failure(other.link().send(one.id, new byte[1])).kind()).isEqualTo(Kind.NO_MEMBER);
  }

  @Test
  @Tag("processes")
  void anInstanceThatWasStoppedComesBack() throws Exception {
    server = NatsServer.start(directory);
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

  // What is lost

  @Test
  void rowsThatWereReleasedMeanwhileAreVoid() throws Exception {
    server = NatsServer.start(directory);
    FaultProxy way = server.proxy();
    Member one = join(way);
    Member two = join(server.proxy());
    awaitMembers(one, two);
    NodeId kept = NodeKey.generate().id();
    one.hold(peer, 1);
    Holding staying = one.hold(kept, 2);

    way.refuse(true);
    way.reset();
    await("the loss", () -> isAway(one));
    two.told.clear();
    one.own.remove(peer);
    assertThat(failure(one.link().release(peer, 1)).kind()).isEqualTo(Kind.UNREACHABLE);
    Holding fresh = one.owns(NodeKey.generate().id(), 3);
    assertThat(failure(one.link().hold(fresh.peer(), 3)).kind()).isEqualTo(Kind.UNREACHABLE);
    way.refuse(false);

    await("one is back", () -> one.missed.get() == 1);
    assertThat(two.find(peer)).isNull();
    assertThat(two.find(kept)).isEqualTo(staying);
    assertThat(two.find(fresh.peer())).isEqualTo(fresh);
    await("two is told of the row", () -> two.held.contains(fresh));
    assertThat(two.told).startsWith(Set.of(two.id), Set.of(one.id, two.id));
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
  void aNatsThatDoesNotAnswerCannotBeJoined() throws Exception {
    server = NatsServer.start(directory);
    FaultProxy way = server.proxy();
    way.stall();

    assertThat(refusal(NatsServer.options(way)).kind()).isEqualTo(Kind.UNREACHABLE);
  }

  @Test
  void whoIsTakenForGoneBeginsAnew() throws Exception {
    server = NatsServer.start(directory);
    Member one = join(server.proxy());
    Member two = join(server.proxy());
    Holding row = one.hold(peer, 1);

    try (Connection other = Nats.connect(NatsServer.options(server.proxy()).build())) {
      String token = token(other, one.id);
      other.publish(FLEET + "members", ("gone " + one.id + " 0").getBytes(UTF_8));
      other.flush(LIMIT);
      one.link().send(one.id, "after".getBytes(UTF_8)).block(LIMIT);
      await("the message", () -> one.messages.contains("after"));
      assertThat(token(other, one.id)).isEqualTo(token);

      two.held.clear();
      other.publish(FLEET + "members", ("gone " + one.id + " " + token).getBytes(UTF_8));
      await("one is told", () -> one.missed.get() == 1);
      await("the row is announced again", () -> two.held.contains(row));
      assertThat(token(other, one.id)).isNotEqualTo(token);
    }
    assertThat(one.missed).hasValue(1);
  }

  @Test
  void eachHolderAnswersWithTheRowThatCounts() throws Exception {
    server = NatsServer.start(directory);
    Member one = join(server.proxy());
    Member two = join(server.proxy());
    awaitMembers(one, two);
    Holding row = two.hold(peer, 2);
    await("one was told", () -> one.held.remove(row));

    one.hold(peer, 1);

    await("one knows of the other row", () -> one.held.contains(row));
    try (Connection other = Nats.connect(NatsServer.options(server.proxy()).build())) {
      Subscription answers = other.subscribe("answers");
      other.publish(FLEET + "peer." + peer, "answers", new byte[0]);
      for (int i = 0; i < 2; i++) {
        assertThat(Notice.of(answers.nextMessage(LIMIT).getData()).rows()).containsExactly(row);
      }

      one.link().release(peer, 1).block(LIMIT);
      two.link().release(peer, 2).block(LIMIT);
      await("both are told", () -> one.released.size() == 2 && two.released.size() == 2);
      other.publish(FLEET + "peer." + peer, "answers", new byte[0]);
      assertThat(answers.nextMessage(LIMIT).isStatusMessage()).as("nobody listens").isTrue();
    }
  }

  /** Of the session of an instance, as its signs of life say it. */
  private static String token(Connection connection, InstanceId of) throws Exception {
    Subscription signs = connection.subscribe(FLEET + "members");
    while (true) {
      Notice notice = Notice.of(signs.nextMessage(LIMIT).getData());
      if (notice.instance().equals(of)) {
        signs.unsubscribe();
        return notice.word(2);
      }
    }
  }

  @Test
  void whatCannotBeReadIsLeftOutAndWarnedOfOnce() throws Exception {
    server = NatsServer.start(directory);
    Member one = join(server.proxy());

    try (Log log = new Log(TolerantReader.class);
        Connection other = Nats.connect(NatsServer.options(server.proxy()).build())) {
      for (String garbage :
          List.of(
              "", "held", "alive x", "nonsense", "held a_0000000000000000\nx 1", "rules\n1 2")) {
        for (String subject : List.of("members", "changes", "to." + one.id, "ask." + one.id)) {
          other.publish(FLEET + subject, garbage.getBytes(UTF_8));
        }
      }
      other.flush(LIMIT);
      one.link().send(one.id, "first".getBytes(UTF_8)).block(LIMIT);
      one.link().send(one.id, "second".getBytes(UTF_8)).block(LIMIT);

      await("the messages", () -> one.messages.equals(List.of("first", "second")));
      assertThat(log.lines()).hasSize(1);
    }
  }

  @Test
  void settingsOutOfBoundsAreRefused() {
    Options.Builder options = new Options.Builder().server("nats://127.0.0.1:4222");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> NatsEngine.builder(options.build(), "with.dots"));
    assertThatIllegalArgumentException().isThrownBy(() -> engine(options).interval(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine(options).interval(Duration.ofSeconds(3)).build())
        .withMessageContaining("three intervals");
    assertThat(engine(options).build()).hasToString("NatsEngine(test, 127.0.0.1:4222)");
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
