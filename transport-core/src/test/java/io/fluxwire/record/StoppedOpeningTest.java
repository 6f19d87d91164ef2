package io.fluxwire.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.memory.ReadGate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.publisher.TestPublisher;

/** Openers that are told not to go on, and records that say that nothing follows. */
class StoppedOpeningTest {

  private final TestPublisher<ByteBuf> source = TestPublisher.create();
  private final Letters opener = new Letters();
  private final Gate gate = new Gate();
  private final List<String> seen = new ArrayList<>();
  private boolean asksOneByOne;
  private final BaseSubscriber<String> reader =
      new BaseSubscriber<>() {
        @Override
        protected void hookOnSubscribe(Subscription subscription) {}

        @Override
        protected void hookOnNext(String payload) {
          seen.add(payload);
          if (asksOneByOne) {
            request(1);
          }
        }

        @Override
        protected void hookOnComplete() {
          seen.add("end");
        }

        @Override
        protected void hookOnError(Throwable failure) {
          seen.add("failure");
        }
      };

  /** Each byte is a record: {@code ?} stops it, {@code .} ends it, and all else is a payload. */
  private static final class Letters implements RecordOpener {

    private final List<ByteBuf> inputs = new ArrayList<>();
    private int calls;
    private boolean ended;
    private boolean destroyed;

    @Override
    public @Nullable ByteBuf next(ByteBuf in) {
      calls++;
      inputs.add(in);
      if (!in.isReadable()) {
        return null;
      }
      byte letter = in.readByte();
      if (letter == '?') {
        return null;
      }
      if (letter == '.') {
        ended = true;
        return null;
      }
      return Unpooled.buffer().writeByte(letter);
    }

    @Override
    public boolean hasNext() {
      return false;
    }

    @Override
    public boolean isEnded() {
      return ended;
    }

    @Override
    public int announced() {
      return 0;
    }

    @Override
    public boolean isInsideRecord() {
      return false;
    }

    @Override
    public void inputEnded() {}

    @Override
    public void idle() {}

    @Override
    public void trim(int payload) {}

    @Override
    public void destroy() {
      destroyed = true;
    }
  }

  private static final class Gate implements ReadGate {

    private boolean open = true;
    private @Nullable Runnable later;

    @Override
    public boolean mayRead(int bytes, Runnable whenThereIsRoom) {
      later = open ? null : whenThereIsRoom;
      return open;
    }

    @Override
    public void done() {}

    void open() {
      open = true;
      Runnable waiting = later;
      later = null;
      if (waiting != null) {
        waiting.run();
      }
    }
  }

  private void read(int demand) {
    source
        .flux()
        .transform(Records.open(() -> opener, new ReadLimits(gate, () -> null)))
        .map(payload -> payload.toString(StandardCharsets.US_ASCII))
        .subscribe(reader);
    reader.request(demand);
  }

  private void come(String letters) {
    source.next(Unpooled.copiedBuffer(letters, StandardCharsets.US_ASCII));
  }

  @Test
  void whatWasStoppedGoesOnWhenTheGateLetsIt() {
    read(10);
    gate.open = false;
    come("a?bc");
    assertThat(seen).containsExactly("a");
    assertThat(opener.calls).isEqualTo(2);
    source.assertMaxRequested(1);

    gate.open();
    assertThat(seen).containsExactly("a", "b", "c");
  }

  @Test
  void whoAsksForOneAtATimeHasNothingCopied() {
    asksOneByOne = true;
    read(1);
    ByteBuf letters = Unpooled.copiedBuffer("abc", StandardCharsets.US_ASCII);
    source.next(letters);
    assertThat(seen).containsExactly("a", "b", "c");
    assertThat(opener.inputs)
        .hasSizeGreaterThan(2)
        .allSatisfy(in -> assertThat(in).isSameAs(letters));
  }

  @Test
  void demandDoesNotPassTheGate() {
    read(1);
    gate.open = false;
    come("?abc");
    reader.request(5);
    reader.request(5);
    assertThat(opener.calls).isEqualTo(1);
    assertThat(seen).isEmpty();
  }

  @Test
  void anOpenGateLetsItGoOnAtOnce() {
    read(10);
    come("??a?b");
    assertThat(seen).containsExactly("a", "b");
  }

  @Test
  void whatWasStoppedIsReadToItsEndWhenTheSourceHasEnded() {
    read(10);
    gate.open = false;
    come("a?b");
    source.complete();
    assertThat(seen).containsExactly("a");

    gate.open();
    assertThat(seen).containsExactly("a", "b", "end");
  }

  @Test
  void theLastRecordEndsItAndNothingBehindItIsLookedAt() {
    read(10);
    come("ab.c");
    assertThat(seen).containsExactly("a", "b", "end");
    assertThat(opener.destroyed).isTrue();
    source.assertNotCancelled();
    come("d");
    source.error(new IOException("a reset"));
    assertThat(seen).containsExactly("a", "b", "end");
  }

  @Test
  void whoLeavesWhileItIsStoppedIsToldNothing() {
    read(10);
    gate.open = false;
    come("a?b");
    reader.cancel();
    gate.open();
    assertThat(seen).containsExactly("a");
    assertThat(opener.destroyed).isTrue();
  }
}
