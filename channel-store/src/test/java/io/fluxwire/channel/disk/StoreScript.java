package io.fluxwire.channel.disk;

import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.record.Incarnation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What is done to a channel, step by step, the same in every process: all follows from a seed. */
final class StoreScript {

  private static final int KEPT = 60;

  /** What a step does beside writing. */
  private enum Kind {
    WRITE,
    REOPEN,
    DELETE
  }

  /**
   * What is kept after a step.
   *
   * @param peer a number, of which the other side's incarnation is made
   */
  record Kept(long first, long next, long received, long attempt, long peer) {

    static final Kept NOTHING = new Kept(0, 0, 0, 0, 0);

    long skipped() {
      return received % 5;
    }

    boolean isOf(ChannelState state) {
      return first == state.first()
          && next == state.next()
          && received == state.received()
          && skipped() == state.skipped()
          && attempt == state.attempt()
          && incarnation(peer).equals(state.peer());
    }
  }

  private record Step(Kind kind, ChannelWrite write) {}

  private final String text;
  private final List<Step> steps = new ArrayList<>();
  private final List<Kept> states = new ArrayList<>();

  private StoreScript(String text, long seed, int count, int most, boolean closes, Kept start) {
    this.text = text;
    Random random = new Random(seed);
    Kept kept = start;
    states.add(kept);
    for (int n = 0; n < count; n++) {
      int kind = closes ? random.nextInt(20) : 20;
      if (kind == 0) {
        kept = Kept.NOTHING;
        steps.add(new Step(Kind.DELETE, write(kept, kept)));
      } else if (kind < 3) {
        steps.add(new Step(Kind.REOPEN, write(kept, kept)));
      } else {
        Kept after = next(kept, most, random);
        steps.add(new Step(Kind.WRITE, write(kept, after)));
        kept = after;
      }
      states.add(kept);
    }
  }

  /** Packets alone, positions alone, deletions alone, or all of them. */
  private static Kept next(Kept kept, int most, Random random) {
    int what = random.nextInt(6);
    long next = what == 0 || what == 1 ? kept.next() : kept.next() + 1 + random.nextInt(most);
    long first = kept.first();
    if (what != 0 && what != 2) {
      first += random.nextInt((int) (next - first) + 1);
    }
    first = Math.max(first, next - KEPT);
    boolean moves = what != 1 && what != 2;
    return new Kept(
        first,
        next,
        kept.received() + (moves ? random.nextInt(100) : 0),
        kept.attempt() + (moves ? 1 : 0),
        random.nextInt(10) == 0 ? kept.peer() + 1 : kept.peer());
  }

  private static ChannelWrite write(Kept before, Kept after) {
    List<byte[]> packets = new ArrayList<>();
    for (long number = before.next(); number < after.next(); number++) {
      packets.add(packet(number));
    }
    return new ChannelWrite(
        packets,
        after.first(),
        after.received(),
        after.skipped(),
        after.attempt(),
        incarnation(after.peer()));
  }

  private static Incarnation incarnation(long number) {
    return number == 0
        ? Incarnation.NONE
        : Incarnation.of(DiskSamples.payload(number, Incarnation.SIZE));
  }

  /** A packet that is told from all others: most fit into a page with others, some need many. */
  static byte[] packet(long number) {
    int size = 1 + (int) (number * 7 % 3_000);
    return DiskSamples.payload(number, number % 8 == 7 ? 100 * size : size);
  }

  /**
   * A script.
   *
   * @param count how many steps
   * @param most how many packets a step writes at most
   * @param closes whether it also closes, opens and deletes the channel
   * @param start what is kept before
   */
  static StoreScript of(long seed, int count, int most, boolean closes, Kept start) {
    String text =
        "script %d %d %d %b %d %d %d %d %d"
            .formatted(
                seed,
                count,
                most,
                closes,
                start.first(),
                start.next(),
                start.received(),
                start.attempt(),
                start.peer());
    return new StoreScript(text, seed, count, most, closes, start);
  }

  static StoreScript parse(String text) {
    String[] words = text.split(" ", -1);
    long[] numbers = new long[5];
    for (int n = 0; n < numbers.length; n++) {
      numbers[n] = Long.parseLong(words[5 + n]);
    }
    return of(
        Long.parseLong(words[1]),
        Integer.parseInt(words[2]),
        Integer.parseInt(words[3]),
        Boolean.parseBoolean(words[4]),
        new Kept(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]));
  }

  /** What may be kept when so many steps were reported: what they made, or the next one too. */
  List<Kept> states(int reported) {
    return states.subList(reported, Math.min(reported + 2, states.size()));
  }

  int length() {
    return steps.size();
  }

  /** Does it, and tells after each step that it is stored. The channel is left open. */
  void run(Path directory, Runnable reported) {
    DiskChannelStore store = DiskChannelStore.create(directory);
    StoredChannel channel = null;
    for (Step step : steps) {
      if (channel == null) {
        channel = DiskSamples.open(store);
      }
      switch (step.kind()) {
        case WRITE -> channel.write(step.write()).block();
        case REOPEN -> {
          channel.close().block();
          channel = DiskSamples.open(store);
        }
        case DELETE -> {
          channel.delete().block();
          channel = null;
        }
      }
      reported.run();
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
