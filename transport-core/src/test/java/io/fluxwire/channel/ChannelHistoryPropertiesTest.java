package io.fluxwire.channel;

import io.fluxwire.channel.ChannelStep.Side;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Histories as in {@link ChannelHistoryTest}, of the property engine's choice. {@code
 * -Djqwik.tries.default=1000000} plays more of them.
 */
class ChannelHistoryPropertiesTest {

  @Provide
  Arbitrary<List<ChannelStep>> faults() {
    return histories(ChannelStep.SAFE);
  }

  @Provide
  Arbitrary<List<ChannelStep>> losses() {
    return histories(ChannelStep.ALL);
  }

  private static Arbitrary<List<ChannelStep>> histories(int kinds) {
    return Combinators.combine(
            Arbitraries.integers().between(0, kinds - 1).withoutEdgeCases(),
            Arbitraries.of(Side.class),
            Arbitraries.integers().between(0, 7))
        .as(ChannelStep::of)
        .list()
        .ofMaxSize(80);
  }

  @Property
  void nothingIsLostNorDoubled(
      @ForAll boolean connected, @ForAll("faults") List<ChannelStep> steps) {
    play(connected, steps);
  }

  @Property
  void aLostStoreEndsTheChannelOrIsTheFirstContact(
      @ForAll boolean connected, @ForAll("losses") List<ChannelStep> steps) {
    play(connected, steps);
  }

  private static void play(boolean connected, List<ChannelStep> steps) {
    List<ChannelStep> all =
        new ArrayList<>(connected ? ChannelHistoryTest.CONNECTED : List.<ChannelStep>of());
    all.addAll(steps);
    ChannelHistory.play(all);
  }
}
