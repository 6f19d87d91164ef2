package io.fluxwire.channel;

import static io.fluxwire.channel.ChannelStep.Side.ACCEPTOR;
import static io.fluxwire.channel.ChannelStep.Side.DIALER;

import io.fluxwire.channel.ChannelStep.Crash;
import io.fluxwire.channel.ChannelStep.Deliver;
import io.fluxwire.channel.ChannelStep.Dial;
import io.fluxwire.channel.ChannelStep.Full;
import io.fluxwire.channel.ChannelStep.Handle;
import io.fluxwire.channel.ChannelStep.Lose;
import io.fluxwire.channel.ChannelStep.Request;
import io.fluxwire.channel.ChannelStep.Room;
import io.fluxwire.channel.ChannelStep.Run;
import io.fluxwire.channel.ChannelStep.Send;
import io.fluxwire.channel.ChannelStep.Side;
import io.fluxwire.channel.ChannelStep.Stored;
import io.fluxwire.channel.ChannelStep.Subscribe;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Histories of a channel over connections that break and stores that crash. {@code
 * -Dfluxwire.channel.histories=1000000} plays more of them, and {@code -Dfluxwire.channel.seed=N}
 * others.
 */
@Tag("slow")
class ChannelHistoryTest {

  private static final long HISTORIES = Long.getLong("fluxwire.channel.histories", 1_000);
  private static final long SEED = Long.getLong("fluxwire.channel.seed", 1);
  private static final int STEPS = 120;

  /** How half of the histories begin, so that much happens in them. */
  static final List<ChannelStep> CONNECTED =
      List.of(new Dial(), new Run(5), new Subscribe(DIALER, 20), new Subscribe(ACCEPTOR, 20));

  @Test
  void nothingIsLostNorDoubledInRandomHistories() {
    search(ChannelStep.SAFE);
  }

  @Test
  void aLostStoreEndsTheChannelOrIsTheFirstContactInRandomHistories() {
    search(ChannelStep.ALL);
  }

  @Test
  void aFullStoreDoesNotKeepOutWhatMakesRoom() {
    ChannelHistory.play(
        List.of(
            new Send(ACCEPTOR, 5),
            new Send(ACCEPTOR, 6),
            new Room(ACCEPTOR, 56),
            new Send(ACCEPTOR, 7),
            new Send(ACCEPTOR, 6)));
  }

  @Test
  void aFirstContactThatWasNotStoredDoesNotCount() {
    ChannelHistory.play(
        List.of(new Dial(), new Run(1), new Full(ACCEPTOR), new Lose(DIALER), new Dial()));
  }

  @Test
  void aReadOfAnEarlierConnectionFailsWithoutHarm() {
    ChannelHistory.play(
        List.of(
            new Dial(),
            new Subscribe(DIALER, 0),
            new Request(DIALER, 9),
            new Send(DIALER, 5),
            new Run(7),
            new Send(ACCEPTOR, 7),
            new Run(7),
            new Dial(),
            new Run(1),
            new Handle(DIALER, 7),
            new Run(3),
            new Deliver(4),
            new Crash(DIALER, false, 3, false, true),
            new Dial(),
            new Stored(DIALER),
            new Deliver(4),
            new Stored(ACCEPTOR)));
  }

  private static void search(int kinds) {
    for (long i = 0; i < HISTORIES; i++) {
      List<ChannelStep> steps = random(new Random(SEED * HISTORIES + i), kinds);
      if (failure(steps) != null) {
        throw new AssertionError("history " + i, failure(shrunk(steps)));
      }
    }
  }

  private static List<ChannelStep> random(Random random, int kinds) {
    List<ChannelStep> steps = new ArrayList<>(random.nextBoolean() ? CONNECTED : List.of());
    for (int n = random.nextInt(STEPS); n >= 0; n--) {
      steps.add(
          ChannelStep.of(
              random.nextInt(kinds),
              random.nextBoolean() ? Side.DIALER : Side.ACCEPTOR,
              random.nextInt(8)));
    }
    return steps;
  }

  private static @Nullable AssertionError failure(List<ChannelStep> steps) {
    try {
      ChannelHistory.play(steps);
      return null;
    } catch (AssertionError e) {
      return e;
    }
  }

  /** Leaves out what it can. */
  private static List<ChannelStep> shrunk(List<ChannelStep> steps) {
    List<ChannelStep> smallest = steps;
    for (boolean smaller = true; smaller; ) {
      smaller = false;
      for (int i = smallest.size() - 1; i >= 0; i--) {
        List<ChannelStep> without = new ArrayList<>(smallest);
        without.remove(i);
        if (failure(without) != null) {
          smallest = without;
          smaller = true;
        }
      }
    }
    return smallest;
  }
}
