package io.fluxwire.fleet.testing;

import static io.fluxwire.fleet.testing.Instance.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.identity.NodeKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.opentest4j.TestAbortedException;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/**
 * The contract of {@link FleetEngine}, as tests: who is a member, rows of the directory, messages,
 * rules, and what is told again after the engine or an instance was gone. Extend this class to test
 * your own engine.
 */
@Timeout(120)
public abstract class FleetEngineTck {

  private static final int MANY = 2_000;

  private final List<Instance> instances = new ArrayList<>();
  private final NodeId peer = NodeKey.generate().id();

  /** For subclasses. */
  protected FleetEngineTck() {}

  /**
   * The engine by which an instance joins. Each test has a fleet of its own: nothing of an earlier
   * test may be seen in it. May block.
   *
   * @param instance which instance of the test joins, from 0 on
   * @return the engine
   */
  protected abstract FleetEngine engine(int instance);

  /**
   * Ends an instance without its leaving, as a killed process ends. May block.
   *
   * @param instance which one
   * @param link its link
   * @throws TestAbortedException unless overridden: the tests that need it are skipped
   */
  protected void kill(int instance, EngineLink link) {
    throw new TestAbortedException("this engine's test cannot kill an instance");
  }

  /**
   * Ends what the instances have joined by, and starts it again without any of its data. May block.
   *
   * @throws TestAbortedException unless overridden: the tests that need it are skipped
   */
  protected void restartEngine() {
    throw new TestAbortedException("this engine has nothing that restarts");
  }

  /**
   * Cuts one instance off from the others, or ends the cut. May block.
   *
   * @param instance which one
   * @param link its link
   * @param cut whether it is cut off from now on
   * @throws TestAbortedException unless overridden: the tests that need it are skipped
   */
  protected void cut(int instance, EngineLink link, boolean cut) {
    throw new TestAbortedException("this engine's test cannot cut an instance off");
  }

  /** All instances leave, also after a failure; what the engine did wrong meanwhile fails. */
  @AfterEach
  final void leaveAll() {
    Flux.fromIterable(instances)
        .filter(Instance::hasJoined)
        .flatMap(instance -> instance.link().leave())
        .blockLast(LIMIT);
    assertThat(instances).allSatisfy(instance -> assertThat(instance.faults).isEmpty());
  }

  private Instance join() {
    return join("i" + instances.size());
  }

  private Instance join(String name) {
    Instance instance = new Instance(InstanceId.random(name));
    instances.add(instance);
    instance.join(engine(instances.size() - 1));
    return instance;
  }

  private List<Instance> join(int count) {
    List<Instance> joined = Stream.generate(this::join).limit(count).toList();
    awaitMembers(joined);
    return joined;
  }

  /** Waits until each of the instances has just these as members. */
  private static void awaitMembers(List<Instance> members) {
    Set<InstanceId> ids = Set.copyOf(members.stream().map(member -> member.id).toList());
    for (Instance member : members) {
      await("the members of " + member.id, () -> member.members().equals(ids));
    }
  }

  /** Waits for a condition that another process or thread brings about. */
  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("timed out: " + what).isNegative();
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void awaitRow(Instance by, NodeId peer, Holding row) {
    await(row + " found by " + by.id, () -> row.equals(by.find(peer)));
  }

  private static void awaitNone(Instance by, NodeId peer) {
    await("nobody found by " + by.id, () -> by.find(peer) == null);
  }

  private static FleetEngineException.Kind refusal(Runnable step) {
    Throwable failure = catchThrowable(step::run);
    assertThat(failure).isInstanceOf(FleetEngineException.class);
    assertThat(failure).hasMessageMatching("(?s).{10,}");
    return ((FleetEngineException) failure).kind();
  }

  private static AccessRule rule(String target, AccessRule.Action action, int second) {
    Instant setAt = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(second);
    return new AccessRule(target, action, setAt, setAt.plusSeconds(3_600));
  }

  // Members

  @Test
  final void theFirstInstanceIsItsOnlyMember() {
    Instance first = join();

    assertThat(first.members()).containsExactly(first.id);
  }

  @Test
  final void allSeeWhoJoins() {
    List<Instance> three = join(3);

    assertThat(three).allSatisfy(member -> assertThat(member.members()).hasSize(3));
  }

  @Test
  final void theOthersSeeWhoLeaves() {
    List<Instance> three = join(3);

    three.get(1).leave();

    awaitMembers(List.of(three.get(0), three.get(2)));
  }

  @Test
  final void aSecondRunUnderANameIsAnotherMember() {
    Instance before = join("same");
    Instance after = join("same");

    awaitMembers(List.of(before, after));
  }

  @Test
  final void whoHasLeftCanDoNothing() {
    Instance instance = join();
    instance.leave();
    instance.leave();

    assertThat(refusal(() -> instance.hold(peer, 1))).isEqualTo(FleetEngineException.Kind.LEFT);
    assertThat(refusal(() -> instance.find(peer))).isEqualTo(FleetEngineException.Kind.LEFT);
    assertThat(refusal(() -> instance.send(instance.id, "late")))
        .isEqualTo(FleetEngineException.Kind.LEFT);
  }

  @Test
  final void aJoinThatIsCancelledLeavesNoMember() {
    Instance first = join();
    Instance cancelled = new Instance(InstanceId.random("cancelled"));

    Disposable joining =
        engine(1)
            .join(cancelled.id, cancelled)
            // It may have joined before it is cancelled.
            .flatMap(EngineLink::leave)
            .subscribe();
    joining.dispose();
    Instance last = join();

    awaitMembers(List.of(first, last));
  }

  // Directory

  @Test
  final void aPeerThatNobodyHoldsIsNotFound() {
    assertThat(join().find(peer)).isNull();
  }

  @Test
  final void allFindWhoHoldsAPeer() {
    List<Instance> two = join(2);

    two.get(0).hold(peer, 7);

    Holding row = new Holding(peer, two.get(0).id, 7);
    awaitRow(two.get(0), peer, row);
    awaitRow(two.get(1), peer, row);
    await("the other is told", () -> row.equals(two.get(1).held.get(peer)));
  }

  @Test
  final void whoJoinsLaterFindsThePeersThatAreThere() {
    Instance first = join();
    first.hold(peer, 1);

    Instance second = join();

    awaitRow(second, peer, new Holding(peer, first.id, 1));
    await("all rows", () -> second.holdings().equals(List.of(new Holding(peer, first.id, 1))));
  }

  @Test
  final void aPeerThatIsReleasedIsNotFound() {
    List<Instance> two = join(2);
    two.get(0).hold(peer, 1);
    awaitRow(two.get(1), peer, new Holding(peer, two.get(0).id, 1));

    two.get(0).release(peer, 1);

    awaitNone(two.get(1), peer);
    await(
        "the other is told",
        () -> two.get(1).released.contains(new Holding(peer, two.get(0).id, 1)));
  }

  @Test
  final void theReleaseOfAnEarlierConnectionChangesNothing() {
    List<Instance> two = join(2);
    two.get(0).hold(peer, 1);
    two.get(0).hold(peer, 2);
    awaitRow(two.get(1), peer, new Holding(peer, two.get(0).id, 2));

    two.get(0).release(peer, 1);
    two.get(0).send(two.get(1).id, "after the release");

    await("the message", () -> !two.get(1).from(two.get(0)).isEmpty());
    awaitRow(two.get(1), peer, new Holding(peer, two.get(0).id, 2));
  }

  @Test
  final void ofTwoWhoHoldAPeerTheLaterEpochCounts() {
    List<Instance> three = join(3);

    three.get(0).hold(peer, 2);
    three.get(1).hold(peer, 3);
    three.get(2).hold(peer, 1);

    Holding row = new Holding(peer, three.get(1).id, 3);
    three.forEach(instance -> awaitRow(instance, peer, row));
    await(
        "the earlier holder is told of the later one",
        () -> row.equals(three.get(0).held.get(peer)));
  }

  @Test
  final void atEqualEpochsTheGreaterInstanceCounts() {
    List<Instance> two = join(2);

    two.get(1).hold(peer, 1);
    two.get(0).hold(peer, 1);

    Holding row = new Holding(peer, two.get(1).id, 1);
    two.forEach(instance -> awaitRow(instance, peer, row));
  }

  @Test
  final void theRowsOfWhoLeavesAreVoid() {
    List<Instance> two = join(2);
    two.get(0).hold(peer, 1);
    awaitRow(two.get(1), peer, new Holding(peer, two.get(0).id, 1));

    two.get(0).leave();

    awaitMembers(List.of(two.get(1)));
    awaitNone(two.get(1), peer);
    assertThat(two.get(1).holdings()).isEmpty();
  }

  @Test
  final void manyRowsAreAllThere() {
    List<Instance> two = join(2);
    List<NodeId> peers = Stream.generate(() -> NodeKey.generate().id()).limit(MANY).toList();

    two.get(0).holdAll(peers.subList(0, MANY / 2));
    two.get(1).holdAll(peers.subList(MANY / 2, MANY));

    for (Instance instance : two) {
      await(
          "all rows by " + instance.id,
          () ->
              Set.copyOf(instance.holdings().stream().map(Holding::peer).toList())
                  .equals(Set.copyOf(peers)));
    }
  }

  // Messages

  @Test
  final void messagesArriveInOrderAndOnce() {
    List<Instance> two = join(2);

    for (int i = 0; i < 1_000; i++) {
      two.get(0).send(two.get(1).id, "message " + i);
    }
    two.get(1).send(two.get(0).id, "answer");

    List<String> sent = IntStream.range(0, 1_000).mapToObj(i -> "message " + i).toList();
    await("1,000 messages", () -> two.get(1).from(two.get(0)).size() >= 1_000);
    await("the answer", () -> two.get(0).from(two.get(1)).equals(List.of("answer")));
    assertThat(two.get(1).from(two.get(0))).isEqualTo(sent);
  }

  @Test
  final void eachSendersMessagesAreInOrder() {
    List<Instance> three = join(3);
    InstanceId to = three.get(2).id;

    Flux.range(0, 2)
        .flatMap(
            sender ->
                Flux.range(0, 300)
                    .concatMap(
                        i ->
                            three
                                .get(sender)
                                .link()
                                .send(to, String.valueOf(i).getBytes(StandardCharsets.UTF_8))))
        .blockLast(LIMIT);

    List<String> sent = IntStream.range(0, 300).mapToObj(String::valueOf).toList();
    for (Instance sender : three.subList(0, 2)) {
      await("300 messages", () -> three.get(2).from(sender).size() >= 300);
      assertThat(three.get(2).from(sender)).isEqualTo(sent);
    }
  }

  @Test
  final void anInstanceCanSendToItself() {
    Instance instance = join();

    instance.send(instance.id, "to itself");

    await("the message", () -> instance.from(instance).equals(List.of("to itself")));
  }

  @Test
  final void theLargestMessageArrivesAndALargerOneIsRefused() {
    List<Instance> two = join(2);
    int max = two.get(0).link().maxMessage();
    assertThat(max).isGreaterThanOrEqualTo(1 << 16);

    two.get(0).send(two.get(1).id, "x".repeat(max));

    assertThat(refusal(() -> two.get(0).send(two.get(1).id, "x".repeat(max + 1))))
        .isEqualTo(FleetEngineException.Kind.TOO_LARGE);
    await("the message", () -> !two.get(1).from(two.get(0)).isEmpty());
    assertThat(two.get(1).from(two.get(0)).get(0)).hasSize(max);
  }

  @Test
  final void aMessageToNoMemberIsRefused() {
    Instance instance = join();

    assertThat(refusal(() -> instance.send(InstanceId.random("nobody"), "hello")))
        .isEqualTo(FleetEngineException.Kind.NO_MEMBER);
  }

  @Test
  final void aMessageToWhoHasLeftIsRefused() {
    List<Instance> two = join(2);
    two.get(1).leave();
    awaitMembers(List.of(two.get(0)));

    assertThat(refusal(() -> two.get(0).send(two.get(1).id, "hello")))
        .isEqualTo(FleetEngineException.Kind.NO_MEMBER);
  }

  // Rules

  @Test
  final void aRuleIsToldToAllAndToWhoJoinsLater() {
    List<Instance> two = join(2);
    AccessRule rule = rule(peer.toString(), AccessRule.Action.DENY, 0);

    two.get(0).set(rule);

    await("the other is told", () -> rule.equals(two.get(1).rules.get(rule.target())));
    await("the other knows", () -> two.get(1).rulesNow().equals(List.of(rule)));
    Instance third = join();
    await("who joined later knows", () -> third.rulesNow().equals(List.of(rule)));
  }

  @Test
  final void aRuleOutlivesWhoSetIt() {
    List<Instance> two = join(2);
    AccessRule rule = rule("10.0.0.0/8", AccessRule.Action.DENY, 0);
    two.get(0).set(rule);
    await("the other knows", () -> two.get(1).rulesNow().equals(List.of(rule)));

    two.get(0).leave();
    awaitMembers(List.of(two.get(1)));

    assertThat(two.get(1).rulesNow()).containsExactly(rule);
    Instance third = join();
    await("who joined later knows", () -> third.rulesNow().equals(List.of(rule)));
  }

  @Test
  final void ofTwoRulesForATargetTheLaterCounts() {
    List<Instance> two = join(2);
    AccessRule denied = rule("10.0.0.0/8", AccessRule.Action.DENY, 0);
    AccessRule lifted = rule("10.0.0.0/8", AccessRule.Action.NONE, 1);

    two.get(0).set(lifted);
    two.get(1).set(denied);
    two.get(1).set(rule("last", AccessRule.Action.ALLOW, 2));

    for (Instance instance : two) {
      await("both rules", () -> instance.rulesNow().size() == 2);
      assertThat(instance.rulesNow()).contains(lifted);
    }
  }

  @Test
  final void aRuleThatHasEndedIsForgotten() {
    List<Instance> two = join(2);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    two.get(0)
        .set(
            new AccessRule(
                "ended", AccessRule.Action.DENY, now.minusSeconds(9), now.minusSeconds(1)));
    AccessRule lasting = rule("lasting", AccessRule.Action.DENY, 0);
    two.get(0).set(lasting);

    await("the rule that lasts", () -> two.get(1).rulesNow().equals(List.of(lasting)));
  }

  // What fails

  @Test
  final void theRowsOfWhoIsKilledAreVoid() {
    List<Instance> three = join(3);
    three.get(0).hold(peer, 1);
    awaitRow(three.get(1), peer, new Holding(peer, three.get(0).id, 1));

    kill(0, three.get(0).link());

    awaitMembers(three.subList(1, 3));
    awaitNone(three.get(1), peer);
    awaitNone(three.get(2), peer);
  }

  @Test
  final void afterARestartOfTheEngineAllIsAnnouncedAgain() {
    List<Instance> two = join(2);
    AccessRule rule = rule("10.0.0.0/8", AccessRule.Action.DENY, 0);
    two.get(0).hold(peer, 1);
    two.get(0).set(rule);

    restartEngine();

    awaitMembers(two);
    for (Instance instance : two) {
      await("told that something was missed", () -> instance.missed.get() > 0);
      awaitAgain(instance, new Holding(peer, two.get(0).id, 1), rule);
    }
    awaitMessage(two.get(1), two.get(0));
  }

  @Test
  final void afterACutAllIsAnnouncedAgain() {
    List<Instance> three = join(3);
    NodeId elsewhere = NodeKey.generate().id();
    AccessRule rule = rule("10.0.0.0/8", AccessRule.Action.DENY, 0);
    three.get(0).hold(peer, 1);
    awaitRow(three.get(2), peer, new Holding(peer, three.get(0).id, 1));

    cut(2, three.get(2).link(), true);
    awaitMembers(three.subList(0, 2));
    three.get(0).hold(elsewhere, 1);
    three.get(0).set(rule);
    cut(2, three.get(2).link(), false);

    awaitMembers(three);
    await("told that something was missed", () -> three.get(2).missed.get() > 0);
    awaitRow(three.get(2), peer, new Holding(peer, three.get(0).id, 1));
    awaitAgain(three.get(2), new Holding(elsewhere, three.get(0).id, 1), rule);
    awaitMessage(three.get(0), three.get(2));
    awaitMessage(three.get(2), three.get(0));
  }

  private static void awaitAgain(Instance by, Holding row, AccessRule rule) {
    await(row + " found again", () -> known(by, row));
    await("the rule again", () -> by.rulesNow().equals(List.of(rule)));
  }

  /** Whether an instance finds a row; no, while the engine is not back. */
  private static boolean known(Instance by, Holding row) {
    try {
      return row.equals(by.find(row.peer()));
    } catch (FleetEngineException e) {
      return false;
    }
  }

  /** Waits for one of as many messages as it takes: those of before the link was back are lost. */
  private static void awaitMessage(Instance from, Instance to) {
    await(
        "a message from " + from.id + " to " + to.id,
        () -> {
          try {
            from.send(to.id, "are you there?");
          } catch (FleetEngineException e) {
            return false;
          }
          return !to.from(from).isEmpty();
        });
  }
}
