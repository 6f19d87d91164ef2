package io.fluxwire.channel;

import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.channel.ChannelStep.Side;
import io.fluxwire.record.Incarnation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * Plays a history of one channel in one thread, step by step, and looks after each step at what has
 * to hold. At its end nothing fails any more, and all has to arrive.
 */
final class ChannelHistory {

  /** What a connection and the channel's end may hold for the application: protocol and test. */
  private static final long QUEUED = ChannelConnection.MAX_QUEUED + SimulatedNode.LARGE;

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final Map<Incarnation, List<byte[]>> logs = new HashMap<>();
  private final List<String> violations = new ArrayList<>();
  private final SimulatedNode dialer = new SimulatedNode(true, time, logs, violations);
  private final SimulatedNode acceptor = new SimulatedNode(false, time, logs, violations);

  /** The dialer's ends of the connections that live. */
  private final List<SimulatedLink> links = new ArrayList<>();

  /** Those that are dead, of which no end has heard. */
  private final List<SimulatedLink> silent = new ArrayList<>();

  /** What the ends wanted first. */
  private final Map<SimulatedLink, Long> wanted = new HashMap<>();

  /** The number of the next packet to an end. */
  private final Map<SimulatedLink, Long> positions = new HashMap<>();

  private @Nullable SimulatedStore copy;
  private boolean lost;

  private ChannelHistory() {}

  /** Throws an {@link AssertionError} that says after which step what did not hold. */
  static void play(List<ChannelStep> steps) {
    ChannelHistory history = new ChannelHistory();
    int done = 0;
    try {
      for (ChannelStep step : steps) {
        done++;
        history.take(step);
        history.check();
      }
      done++;
      history.settle();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "%s%n%s"
              .formatted(
                  done > steps.size() ? "at the end" : "at step " + done, describe(steps, e)),
          e);
    } finally {
      history.time.dispose();
    }
  }

  private static String describe(List<ChannelStep> steps, Throwable e) {
    StringBuilder text = new StringBuilder(String.valueOf(e.getMessage()));
    steps.forEach(step -> text.append(System.lineSeparator()).append("  ").append(step));
    return text.toString();
  }

  private SimulatedNode node(Side side) {
    return side == Side.DIALER ? dialer : acceptor;
  }

  private void take(ChannelStep step) {
    if (step instanceof ChannelStep.Send s) {
      node(s.by()).process().send(s.packets(), false);
    } else if (step instanceof ChannelStep.SendLarge s) {
      node(s.by()).process().send(1, true);
    } else if (step instanceof ChannelStep.Subscribe s) {
      node(s.at()).process().subscribe(s.demand());
    } else if (step instanceof ChannelStep.Request r) {
      node(r.at()).process().request(r.more());
    } else if (step instanceof ChannelStep.Handle h) {
      node(h.at()).process().handle(h.packets());
    } else if (step instanceof ChannelStep.Cancel c) {
      node(c.at()).process().cancel();
    } else if (step instanceof ChannelStep.Deliver d) {
      deliver(d.end());
    } else if (step instanceof ChannelStep.Stored s) {
      node(s.of()).store().complete();
    } else if (step instanceof ChannelStep.Read r) {
      read(node(r.of()), r.which());
    } else if (step instanceof ChannelStep.Full f) {
      node(f.of()).store().refuse();
    } else if (step instanceof ChannelStep.Room r) {
      node(r.of()).store().room(r.bytes());
    } else if (step instanceof ChannelStep.Dial) {
      dial(dialer.channel(), acceptor);
    } else if (step instanceof ChannelStep.Cut c) {
      cut(c);
    } else if (step instanceof ChannelStep.Crash c) {
      forget(c.of(), c.heard());
      node(c.of()).crash(c.written(), c.effects(), c.startsAt());
    } else if (step instanceof ChannelStep.Run r) {
      for (int turn = 0; turn < r.turns(); turn++) {
        move();
      }
    } else if (step instanceof ChannelStep.Wait w) {
      time.advanceTimeBy(Duration.ofMillis(w.millis()));
    } else if (step instanceof ChannelStep.Lose l) {
      lost = true;
      forget(l.of(), true);
      node(l.of()).lose();
    } else if (step instanceof ChannelStep.Copy) {
      copy = dialer.store().copy();
    } else if (step instanceof ChannelStep.RunCopy) {
      runCopy();
    }
    links.removeIf(link -> link.isOver() && link.other().isOver());
  }

  private SimulatedLink dial(PeerChannel<String> from, SimulatedNode to) {
    PeerChannel<String> accepts = to.channel();
    SimulatedStore acceptorsStore = to.store();
    SimulatedStore dialersStore = dialer.store();
    SimulatedLink link =
        SimulatedLink.dial(
            (end, frame) ->
                accepts
                    .protocol()
                    .execute(() -> end.receiver(accepts.protocol().accepted(end, frame))));
    if (from == dialer.channel()) {
      link.observer(message -> said(dialer, dialersStore, link, message));
      link.other().observer(message -> said(acceptor, acceptorsStore, link.other(), message));
      links.add(link);
    }
    from.protocol().execute(() -> from.protocol().dialled(link));
    return link;
  }

  /** What is said is stored. */
  private void said(
      SimulatedNode by, SimulatedStore store, SimulatedLink from, SimulatedLink.Message message) {
    ChannelState stored = store.state();
    if (by.store() != store) {
      return;
    }
    if (message instanceof SimulatedLink.Message.Ack ack && ack.next() > stored.received()) {
      violations.add("said %s, stored is %s".formatted(ack, stored));
    } else if (message instanceof SimulatedLink.Message.Channel said) {
      wanted.put(from, said.frame().wanted());
      positions.put(from, said.frame().wanted());
      if (said.frame().wanted() != stored.received()
          || said.frame().next() > stored.next()
          || !said.frame().own().equals(stored.own())
          || (by == dialer && said.frame().attempt() != stored.attempt())) {
        violations.add("said %s, stored is %s".formatted(said, stored));
      }
    } else if (message instanceof SimulatedLink.Message.Packet packet) {
      String text = SimulatedNode.text(packet.payload());
      long number = positions.merge(from.other(), 1L, Long::sum) - 1;
      if (number >= stored.next()
          || !SimulatedNode.text(store.log().get((int) number)).equals(text)) {
        violations.add("sent %s as %d, stored are %d".formatted(text, number, stored.next()));
      }
    }
  }

  private void deliver(int which) {
    List<SimulatedLink> ends = new ArrayList<>();
    for (SimulatedLink link : links) {
      if (link.canDeliver()) {
        ends.add(link);
      }
      if (link.other().canDeliver()) {
        ends.add(link.other());
      }
    }
    if (!ends.isEmpty()) {
      ends.get(which % ends.size()).deliver();
    }
  }

  private static boolean read(SimulatedNode of, int which) {
    int reads = of.store().reads();
    if (reads > 0) {
      of.store().completeRead(which % reads);
    }
    return reads > 0;
  }

  private void cut(ChannelStep.Cut cut) {
    if (links.isEmpty()) {
      return;
    }
    SimulatedLink link = links.get(cut.connection() % links.size());
    if (cut.heard()) {
      link.cut();
    } else {
      silence(link);
      links.remove(link);
    }
  }

  private void silence(SimulatedLink link) {
    link.silence();
    silent.add(link);
  }

  /** A process has no connections any more. */
  private void forget(Side side, boolean heard) {
    for (SimulatedLink link : links) {
      if (!heard) {
        silence(link);
      }
      (side == Side.DIALER ? link : link.other()).forget();
    }
    links.clear();
  }

  /** A second process with an old store is refused, and does no harm. */
  private void runCopy() {
    SimulatedStore old = copy;
    ChannelState accepted = acceptor.store().state();
    if (old == null
        || acceptor.process().isEnded()
        || !accepted.peer().equals(old.state().own())
        || accepted.attempt() <= old.state().attempt()) {
      return;
    }
    boolean connected = acceptor.channel().isConnected();
    PeerChannel<String> second = SimulatedNode.open(true, old.copy().automatic(), 0, time);
    List<PeerException> end = new ArrayList<>();
    second.onClose().subscribe(n -> {}, failure -> end.add((PeerException) failure));
    SimulatedLink link = dial(second, acceptor);
    while (link.canDeliver() || link.other().canDeliver()) {
      (link.canDeliver() ? link : link.other()).deliver();
    }
    if (end.size() != 1 || end.get(0).reason() != Reason.CHANNEL_STORE_STALE) {
      violations.add("an old copy of a store ended with " + end);
    }
    if (connected != acceptor.channel().isConnected()) {
      violations.add("an old copy of a store ended a connection of the right one's");
    }
  }

  private void check() {
    check(dialer, acceptor);
    check(acceptor, dialer);
    if (!violations.isEmpty()) {
      throw new AssertionError(String.join("; ", violations));
    }
  }

  private void check(SimulatedNode from, SimulatedNode to) {
    ChannelState sender = from.store().state();
    ChannelState receiver = to.store().state();
    if (from.process().isEnded() && !lost) {
      violations.add(from.channel() + " ended: " + from.process().end());
    }
    if (from.process().failed() != null && !lost) {
      violations.add("a send failed by " + from.process().failed());
    }
    if (sender.peer().equals(receiver.own()) && sender.first() > receiver.received()) {
      violations.add("%s forgot what %s has not stored".formatted(sender, receiver));
    }
    if (sender.peer().equals(receiver.own()) && from.process().taken() > receiver.received()) {
      violations.add(
          "told that %d were taken, stored is %s".formatted(from.process().taken(), receiver));
    }
    if (sender.peer().equals(receiver.own())) {
      for (long n = receiver.received() - receiver.skipped(); n < receiver.received(); n++) {
        if (!SimulatedNode.isSkipped(SimulatedNode.text(from.store().log().get((int) n)))) {
          violations.add("%s counts %d as skipped".formatted(receiver, n));
        }
      }
    }
    if (sender.bytes() > from.mostBytes()) {
      violations.add(sender + " keeps too much");
    }
    if (!lost) {
      for (SimulatedLink link : links) {
        SimulatedLink end = to == dialer ? link : link.other();
        if (queued(end, from, to) > QUEUED) {
          violations.add("too much waits for the application");
        }
      }
    }
  }

  /** Bytes that have arrived and were not handed over. */
  private long queued(SimulatedLink end, SimulatedNode from, SimulatedNode to) {
    long first = wanted.getOrDefault(end, 0L);
    long bytes = 0;
    for (long n = Math.max(first, to.process().expected()); n < first + end.arrived(); n++) {
      bytes += from.store().log().get((int) n).length;
    }
    return bytes;
  }

  private void settle() {
    if (lost) {
      // Another store must not end a connection that goes on, as far as anybody knows.
      silent.forEach(SimulatedLink::cut);
    }
    reopen();
    run();
    boolean over = isAnyEnded();
    if (over) {
      // Whoever does not know of it yet hears of it, and nobody changes his mind.
      reopen();
      run();
    }
    check();
    if (over != dialer.process().isEnded() || over != acceptor.process().isEnded()) {
      throw new AssertionError("one side has ended, and the other goes on");
    }
    if (over) {
      disagreed(dialer);
      disagreed(acceptor);
    } else {
      arrived(dialer, acceptor);
      arrived(acceptor, dialer);
    }
  }

  private boolean isAnyEnded() {
    return dialer.process().isEnded() || acceptor.process().isEnded();
  }

  private void reopen() {
    for (Side side : Side.values()) {
      if (node(side).process().isEnded()) {
        forget(side, true);
        node(side).reopen();
      }
    }
  }

  private static void disagreed(SimulatedNode node) {
    PeerException end = node.process().end();
    if (end == null || end.reason() != Reason.CHANNEL_DISAGREEMENT) {
      throw new AssertionError(node.channel() + " ended with " + end);
    }
  }

  private static void arrived(SimulatedNode from, SimulatedNode to) {
    ChannelState sender = from.store().state();
    List<String> all = new ArrayList<>();
    for (byte[] payload : from.store().log()) {
      String text = SimulatedNode.text(payload);
      if (!SimulatedNode.isSkipped(text)) {
        all.add(text);
      }
    }
    if (!all.equals(to.effects())) {
      throw new AssertionError("sent %s, the effects are of %s".formatted(all, to.effects()));
    }
    if (sender.first() != sender.next() || to.store().state().received() != sender.next()) {
      throw new AssertionError(
          "not all is acknowledged: %s to %s".formatted(sender, to.store().state()));
    }
  }

  /** Dials, and lets all happen that is under way until nothing more does. */
  private void run() {
    dial(dialer.channel(), acceptor);
    int idle = 0;
    for (int turn = 0; idle < 3; turn++) {
      if (turn == 10_000) {
        throw new AssertionError("goes on for ever");
      }
      // Each of them, whatever the others do.
      boolean moved = consume(dialer);
      moved |= consume(acceptor);
      moved |= move();
      check();
      if (!moved) {
        time.advanceTimeBy(Duration.ofSeconds(1));
      }
      idle = moved ? 0 : idle + 1;
    }
  }

  private boolean move() {
    boolean moved = false;
    for (SimulatedNode node : List.of(dialer, acceptor)) {
      moved |= node.store().complete();
      moved |= read(node, 0);
    }
    for (SimulatedLink link : List.copyOf(links)) {
      for (SimulatedLink end : List.of(link, link.other())) {
        if (end.canDeliver()) {
          end.deliver();
          moved = true;
        }
      }
    }
    return moved;
  }

  private static boolean consume(SimulatedNode node) {
    node.process().subscribe(Long.MAX_VALUE);
    node.process().request(1);
    boolean has = !node.process().isEven();
    node.process().handle(1);
    return has;
  }
}
