package io.fluxwire.fleet.jgroups;

import static io.fluxwire.fleet.jgroups.Member.LIMIT;
import static io.fluxwire.fleet.jgroups.Member.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.identity.NodeKey;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jgroups.JChannel;
import org.jgroups.protocols.UFC;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** All of a link is used on threads that must not block: BlockHound watches them. */
@Timeout(180)
class NonBlockingTest {

  private static final int MESSAGES = 200;

  private final NodeKey key = NodeKey.generate();
  private final NodeId peer = NodeKey.generate().id();
  private final List<Integer> ports = Ports.free(2);
  private final List<EngineLink> links = new ArrayList<>();

  @AfterEach
  void leave() {
    Flux.fromIterable(links)
        .flatMap(link -> link.leave().subscribeOn(Schedulers.parallel()))
        .blockLast(LIMIT);
  }

  private EngineLink join(int instance, Member member) {
    EngineLink link =
        Mono.defer(
                () ->
                    JGroupsEngine.builder("shop", key, Ports.all(ports))
                        .bind(InetAddress.getLoopbackAddress())
                        .port(ports.get(instance))
                        .build()
                        .join(member.id, member))
            .subscribeOn(Schedulers.parallel())
            .block(LIMIT);
    assertThat(link).isNotNull();
    links.add(link);
    return link;
  }

  private static JChannel channel(EngineLink link) {
    JChannel channel = ((JGroupsLink) link).channel();
    assertThat(channel).isNotNull();
    return channel;
  }

  private static <T> T onParallel(Mono<T> step) {
    return step.subscribeOn(Schedulers.parallel()).block(LIMIT);
  }

  @Test
  void noStepBlocksItsThread() {
    Member first = new Member("first");
    EngineLink one = join(0, first);
    Member second = new Member("second");
    EngineLink other = join(1, second);
    first.awaitMembers(2);
    Instant now = Instant.now();

    onParallel(one.hold(peer, 1));
    onParallel(
        one.set(new AccessRule("10.0.0.0/8", AccessRule.Action.DENY, now, now.plusSeconds(600))));
    await("the row", () -> onParallel(other.find(peer)) != null);
    assertThat(onParallel(other.holdings().collectList())).hasSize(1);
    await("the rule", () -> onParallel(other.rules().collectList()).size() == 1);
    // More than JGroups takes at once.
    onParallel(
        Flux.range(0, MESSAGES)
            .concatMap(i -> one.send(second.id, new byte[JGroupsEngine.MAX_MESSAGE / 8]))
            .then());
    onParallel(one.release(peer, 1));

    await("the messages", () -> second.messages.size() == MESSAGES);
  }

  @Test
  void aMemberThatTakesNothingHoldsUpNoThreadAndFillsNoMemory() {
    CountDownLatch go = new CountDownLatch(1);
    Member first = new Member("first");
    EngineLink one = join(0, first);
    Member second = new Member("second");
    join(1, second);
    first.awaitMembers(2);
    second.beforeEachMessage(
        () -> {
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });

    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger taken = new AtomicInteger();
    onParallel(
        Mono.fromRunnable(
            () -> {
              for (int i = 0; i < 100; i++) {
                one.send(second.id, new byte[JGroupsEngine.MAX_MESSAGE])
                    .subscribe(ignored -> {}, failures::add, taken::incrementAndGet);
              }
            }));

    assertThat(failures).isNotEmpty();
    assertThat(failures)
        .allSatisfy(
            failure ->
                assertThat(((FleetEngineException) failure).kind())
                    .isEqualTo(FleetEngineException.Kind.UNREACHABLE));
    int waiting = 100 - failures.size();
    UFC flowControl = channel(one).getProtocolStack().findProtocol(UFC.class);
    await("JGroups to take no more", () -> flowControl.getNumberOfBlockings() > 0);
    assertThat(taken.get()).isLessThan(waiting);
    go.countDown();
    await("what was taken", () -> taken.get() == waiting && second.messages.size() == waiting);
  }
}
