package io.fluxwire.fleet.jgroups;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.AccessRule;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.identity.NodeKey;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What goes to a member, in order and bounded, while nothing runs and when it does. */
class FeedTest {

  private static final NodeId PEER = NodeKey.generate().id();

  /** What a thread would do. */
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  private final Sent sent = new Sent();
  private final Feed feed = new Feed(sent, Schedulers.fromExecutor(tasks::add));

  /** Takes what is sent, as words. */
  private static final class Sent implements Feed.Out, Frames.Reader {

    private final List<String> words = new ArrayList<>();
    private int frames;
    private @Nullable Exception failure;

    @Override
    public void send(byte[] frame) throws Exception {
      if (failure != null) {
        throw failure;
      }
      frames++;
      Frames.read(ByteBuffer.wrap(frame), this);
    }

    @Override
    public void sendEverything() {
      words.add("everything");
    }

    @Override
    public void hello(InstanceId instance) {}

    @Override
    public void held(Row row) {
      words.add("held " + row.epoch());
    }

    @Override
    public void released(Row row) {
      words.add("released " + row.epoch());
    }

    @Override
    public void ruled(AccessRule rule) {}

    @Override
    public void end() {}

    @Override
    public void want() {
      words.add("want");
    }

    @Override
    public void message(byte[] message) {
      words.add("message of " + message.length);
    }
  }

  private static Change held(int epoch) {
    return new Change.Held(Row.of(PEER, epoch));
  }

  private @Nullable Kind send(int size) {
    List<Throwable> failures = new ArrayList<>();
    feed.send(new byte[size]).subscribe(ignored -> {}, failures::add);
    return failures.isEmpty() ? null : ((FleetEngineException) failures.get(0)).kind();
  }

  private void run() {
    for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
      next.run();
    }
  }

  @Test
  void changesAndMessagesGoInTheirOrderAndInTurns() {
    feed.add(held(1));
    feed.add(new Change.Released(Row.of(PEER, 1)));
    send(1);
    send(2);
    feed.add(held(2));
    run();

    assertThat(sent.words)
        .containsExactly("held 1", "released 1", "held 2", "message of 1", "message of 2");
    assertThat(sent.frames).isEqualTo(3);
  }

  @Test
  void aMessageIsSentWhenItsMonoCompletesAndNotBefore() {
    List<String> order = sent.words;
    Mono<Void> sending = feed.send(new byte[5]);
    run();
    assertThat(order).isEmpty();

    sending.subscribe(ignored -> {}, failure -> {}, () -> order.add("completed"));
    assertThat(order).isEmpty();
    run();

    assertThat(order).containsExactly("message of 5", "completed");
  }

  @Test
  void manyChangesGoInFramesOfABatch() {
    for (int i = 0; i < 2 * Feed.BATCH + 1; i++) {
      feed.add(held(i));
    }
    run();

    assertThat(sent.words).hasSize(2 * Feed.BATCH + 1).endsWith("held " + 2 * Feed.BATCH);
    assertThat(sent.frames).isEqualTo(3);
  }

  @Test
  void insteadOfTooManyChangesEverythingIsTold() {
    for (int i = 0; i < Feed.MAX_CHANGES; i++) {
      feed.add(held(i));
    }
    feed.add(held(-1));
    feed.add(held(-2));
    run();
    assertThat(sent.words).containsExactly("everything");

    feed.add(held(7));
    run();
    assertThat(sent.words).containsExactly("everything", "held 7");
  }

  @Test
  void whatIsAskedForTwiceIsToldOnce() {
    feed.askForEverything();
    feed.askForEverything();
    feed.tellEverything();
    feed.tellEverything();
    run();

    assertThat(sent.words).containsExactly("want", "everything");
  }

  @Test
  void tooManyMessagesAreRefused() {
    for (int i = 0; i < Feed.MAX_MESSAGES; i++) {
      assertThat(send(1)).isNull();
    }
    assertThat(send(1)).isEqualTo(Kind.UNREACHABLE);

    run();
    assertThat(sent.words).hasSize(Feed.MAX_MESSAGES);
    assertThat(send(1)).isNull();
  }

  @Test
  void tooManyBytesAreRefusedButNeverASingleMessage() {
    int large = (int) Feed.MAX_MESSAGE_BYTES + 1;
    assertThat(send(large)).isNull();
    assertThat(send(1)).isEqualTo(Kind.UNREACHABLE);

    run();
    assertThat(send(1)).isNull();
    assertThat(send(1)).isNull();
  }

  @Test
  void whenTheMemberIsGoneWhatWaitsIsRefused() {
    List<Throwable> failures = new ArrayList<>();
    feed.send(new byte[1]).subscribe(ignored -> {}, failures::add);
    feed.add(held(1));

    feed.close();
    run();

    assertThat(sent.words).isEmpty();
    assertThat(failures).singleElement().isInstanceOf(FleetEngineException.class);
    assertThat(send(1)).isEqualTo(Kind.NO_MEMBER);
    feed.add(held(2));
    run();
    assertThat(sent.words).isEmpty();
  }

  @Test
  void whenNothingCanBeSentAnyMoreAllThatWaitsIsRefused() {
    sent.failure = new IllegalStateException("the channel is closed");
    List<Kind> kinds = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      feed.send(new byte[1])
          .subscribe(ignored -> {}, failure -> kinds.add(((FleetEngineException) failure).kind()));
    }
    run();

    assertThat(kinds).containsExactly(Kind.LEFT, Kind.NO_MEMBER);
  }
}
