package io.fluxwire.fleet.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GuardedListenerTest {

  private final List<Object> told = new ArrayList<>();
  private final GuardedListener listener = new GuardedListener(new Broken());

  @Test
  void whatAListenerThrowsGoesNoFurther() {
    listener.lost();
    listener.missed();

    assertThat(told).containsExactly("lost", "missed");
    assertThat(listener.own()).isEmpty();
    assertThat(listener.ownRules()).isEmpty();
  }

  @Test
  void membersAreToldWhenTheyHaveChanged() {
    Set<InstanceId> one = Set.of(InstanceId.random("one"));

    listener.members(one);
    listener.members(Set.copyOf(one));
    listener.members(Set.of());

    assertThat(told).containsExactly(one, Set.of());
  }

  @Test
  void nothingIsToldOnceItIsClosed() {
    listener.close();

    listener.missed();
    listener.members(Set.of(InstanceId.random("one")));

    assertThat(told).isEmpty();
  }

  private final class Broken implements EngineListener {

    private StackOverflowError told(Object what) {
      told.add(what);
      return new StackOverflowError("a listener that does not keep to its contract");
    }

    @Override
    public void members(Set<InstanceId> members) {
      throw told(members);
    }

    @Override
    public void held(Holding holding) {
      throw told(holding);
    }

    @Override
    public void released(Holding holding) {
      throw told(holding);
    }

    @Override
    public void rule(AccessRule rule) {
      throw told(rule);
    }

    @Override
    public void message(InstanceId from, byte[] message) {
      throw told(from);
    }

    @Override
    public void lost() {
      throw told("lost");
    }

    @Override
    public void missed() {
      throw told("missed");
    }

    @Override
    public Collection<Holding> own() {
      throw new IllegalStateException("own");
    }

    @Override
    public Collection<AccessRule> ownRules() {
      throw new IllegalStateException("rules");
    }
  }
}
