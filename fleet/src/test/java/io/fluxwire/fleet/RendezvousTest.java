package io.fluxwire.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.fleet.engine.InstanceId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RendezvousTest {

  private static final int KEYS = 20_000;

  private final Random random = new Random(5);

  private static Set<InstanceId> instances(int count) {
    Set<InstanceId> instances = new HashSet<>();
    for (int i = 0; i < count; i++) {
      instances.add(InstanceId.random("gateway-" + i));
    }
    return instances;
  }

  @Test
  void nobodyOwnsAnythingWhereThereIsNobody() {
    assertThat(Rendezvous.owner(1, Set.of())).isNull();
  }

  @Test
  void theOrderInWhichInstancesAreKnownDoesNotMatter() {
    List<InstanceId> instances = new ArrayList<>(instances(10));
    for (int i = 0; i < 1000; i++) {
      long key = random.nextLong();
      InstanceId owner = Rendezvous.owner(key, instances);
      Collections.shuffle(instances, random);
      assertThat(Rendezvous.owner(key, instances)).isEqualTo(owner);
    }
  }

  @Test
  void allGetAlike() {
    Set<InstanceId> instances = instances(10);
    Map<InstanceId, Integer> counts = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      counts.merge(Rendezvous.owner(random.nextLong(), instances), 1, Integer::sum);
    }
    assertThat(counts).hasSize(10);
    assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(1800, 2200));
  }

  @Test
  void onlyWhatTheOneThatGoesHadMovesAndToAllOthersAlike() {
    Set<InstanceId> instances = instances(10);
    InstanceId gone = instances.iterator().next();
    Set<InstanceId> left = new HashSet<>(instances);
    left.remove(gone);
    Map<InstanceId, Integer> moved = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      long key = random.nextLong();
      InstanceId before = Rendezvous.owner(key, instances);
      InstanceId after = Rendezvous.owner(key, left);
      if (before.equals(gone)) {
        moved.merge(after, 1, Integer::sum);
      } else {
        assertThat(after).isEqualTo(before);
      }
    }
    assertThat(moved).hasSize(9);
    assertThat(moved.values()).allSatisfy(count -> assertThat(count).isBetween(150, 300));
  }

  @Test
  void anInstanceThatStartsAgainHasWhatItHad() {
    Set<InstanceId> instances = instances(5);
    InstanceId old = instances.iterator().next();
    Set<InstanceId> restarted = new HashSet<>(instances);
    restarted.remove(old);
    InstanceId again = InstanceId.random(old.name());
    restarted.add(again);
    for (int i = 0; i < 1000; i++) {
      long key = random.nextLong();
      InstanceId before = Rendezvous.owner(key, instances);
      assertThat(Rendezvous.owner(key, restarted)).isEqualTo(before.equals(old) ? again : before);
    }
  }
}
