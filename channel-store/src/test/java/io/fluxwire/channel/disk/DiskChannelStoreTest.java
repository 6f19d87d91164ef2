package io.fluxwire.channel.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.StoredChannel;
import io.fluxwire.testing.ChannelStoreTck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class DiskChannelStoreTest extends ChannelStoreTck {

  @TempDir Path temporary;

  /** With what SQLite's file names, URIs and shells would take for something else. */
  private Path directory() {
    return temporary.resolve("ä b?c#d%20e&f=g;'h").resolve("deeper");
  }

  @Override
  protected ChannelStore create() {
    return DiskChannelStore.create(directory());
  }

  @Override
  protected ChannelStore restart(ChannelStore store) {
    return create();
  }

  @Test
  void nothingIsTouchedBeforeAChannelIsOpened() {
    assertThat(create().open(DiskSamples.KEY)).isNotNull();

    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aClosedChannelLeavesItsDatabaseAndItsLock() throws Exception {
    StoredChannel channel = DiskSamples.open(create());
    channel.write(DiskSamples.append(0, 3)).block();

    channel.close().block();

    assertThat(DiskSamples.files(directory()))
        .extracting(file -> file.getFileName().toString().replaceAll("^[0-9a-f]{64}", ""))
        .containsExactlyInAnyOrder(".channel", ".lock");
  }

  @Test
  void aDeletedChannelLeavesItsLockAlone() throws Exception {
    StoredChannel channel = DiskSamples.open(create());
    channel.write(DiskSamples.append(0, 3)).block();

    channel.delete().block();

    assertThat(DiskSamples.files(directory())).singleElement().asString().endsWith(".lock");
  }

  @Test
  void anotherStoreInThisProcessIsRefusedWithTheFileAndTheWayOut() throws Exception {
    StoredChannel channel = DiskSamples.open(create());

    assertThatThrownBy(() -> DiskSamples.open(create()))
        .satisfies(error -> assertThat(DiskSamples.kind(error)).isEqualTo(Kind.IN_USE))
        .hasMessageContaining(".channel")
        .hasMessageContaining(directory().toString())
        .hasMessageContaining("close it there");
    channel.write(DiskSamples.append(0, 1)).block();
    channel.close().block();
    assertThat(DiskSamples.open(create()).state().next()).isEqualTo(1);
  }

  @Test
  void nothingRunsOnTheCallersThread() {
    StoredChannel channel = DiskSamples.open(create());

    List<String> threads =
        Flux.concat(
                channel.write(DiskSamples.append(0, 1)).map(kept -> name()),
                channel.read(0, 1).map(packets -> name()),
                channel.close().then(Mono.fromSupplier(DiskChannelStoreTest::name)))
            .collectList()
            .block();

    assertThat(threads)
        .hasSize(3)
        .allSatisfy(name -> assertThat(name).startsWith("fluxwire-channel-store-"));
  }

  private static String name() {
    return Thread.currentThread().getName();
  }

  @Test
  void aChannelThatNobodyWaitsForIsClosed() throws Exception {
    DiskThreads threads = new DiskThreads(1);
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    CountDownLatch discarded = new CountDownLatch(1);
    AtomicReference<String> result = new AtomicReference<>();
    var subscription =
        threads
            .open(
                () -> {
                  started.countDown();
                  cancelled.await();
                  return "made";
                },
                made -> discarded.countDown())
            .subscribe(result::set);
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();

    subscription.dispose();
    cancelled.countDown();

    assertThat(discarded.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(result).hasNullValue();
  }

  @Test
  void spaceOfDeletedPacketsIsUsedAgainAndGivenBack() throws Exception {
    StoredChannel channel = DiskSamples.open(create());
    for (int number = 0; number < 200; number++) {
      channel.write(DiskSamples.append(0, 1 << 20, 1)).block();
    }
    channel.write(DiskSamples.trim(199)).block();
    for (int number = 0; number < 60; number++) {
      channel.write(DiskSamples.trim(199 + number, DiskSamples.payload(1, 1 << 20))).block();
    }
    channel.close().block();

    Path database =
        DiskSamples.files(directory()).stream()
            .filter(file -> file.toString().endsWith(".channel"))
            .findFirst()
            .orElseThrow();
    assertThat(Files.size(database)).isLessThan(100L << 20);
    StoredChannel later = DiskSamples.open(create());
    assertThat(later.state().bytes()).isEqualTo(2L << 20);
    assertThat(later.read(258, 1).block()).containsExactly(DiskSamples.payload(1, 1 << 20));
    later.close().block();
  }

  @Test
  void aClosedChannelRefusesWork() {
    StoredChannel channel = DiskSamples.open(create());
    channel.close().block();

    for (Mono<?> work :
        List.of(channel.write(DiskSamples.append(0, 1)), channel.read(0, 1), channel.delete())) {
      assertThatThrownBy(work::block)
          .satisfies(error -> assertThat(DiskSamples.kind(error)).isEqualTo(Kind.FAILED))
          .hasMessageContaining("open it again");
    }
  }
}
