package io.fluxwire.channel.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.StoredChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged, or not ours: refused, told what to do, and left as they are. */
class DiskDamageTest {

  private static final int PAGE = 16 * 1024;
  private static final int FRAME = 24 + PAGE;
  private static final int HEADER = 32;

  @TempDir Path temporary;
  private Path directory;
  private ChannelPaths paths;

  @BeforeEach
  void makeDirectory() throws Exception {
    directory = Files.createDirectory(temporary.resolve("store"));
    paths = ChannelPaths.of(directory, DiskSamples.KEY);
  }

  private StoredChannel open() {
    return DiskSamples.open(DiskChannelStore.create(directory));
  }

  /** A database with 20 packets in it and no log. */
  private void write() {
    StoredChannel channel = open();
    channel.write(DiskSamples.append(0, 8_000, 20)).block();
    channel.close().block();
  }

  private void change(Path file, UnaryOperator<byte[]> change) throws IOException {
    Files.write(file, change.apply(Files.readAllBytes(file)));
  }

  private void refuses(Kind kind, Path file) throws IOException {
    byte[] before = Files.readAllBytes(file);
    for (int time = 0; time < 2; time++) {
      Throwable error = catchThrowable(this::open);
      assertThat(error).isNotNull();
      assertThat(DiskSamples.kind(error)).as("%s", error).isEqualTo(kind);
      assertThat(error).hasMessageContaining(file.toString());
      assertThat(error.getMessage()).containsIgnoringCase("move it away");
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  private static UnaryOperator<byte[]> flip(int at) {
    return bytes -> {
      bytes[at] ^= 1;
      return bytes;
    };
  }

  @Test
  void anEmptyFileIsDamaged() throws Exception {
    write();
    change(paths.database(), bytes -> new byte[0]);

    refuses(Kind.CORRUPT, paths.database());
  }

  @Test
  void aTruncatedFileIsDamaged() throws Exception {
    write();
    byte[] whole = Files.readAllBytes(paths.database());
    for (int length : new int[] {PAGE, 2 * PAGE, whole.length - PAGE, whole.length - 1}) {
      Files.write(paths.database(), Arrays.copyOf(whole, length));

      refuses(Kind.CORRUPT, paths.database());
    }
  }

  /** After a loss of power: the file has grown, and its content had not been synced. */
  @Test
  void aLogThatHasNotBegunIsNoDamage() throws Exception {
    write();
    for (int length : new int[] {0, 1, HEADER - 1, HEADER}) {
      Files.write(paths.wal(), DiskSamples.payload(length, length));

      StoredChannel channel = open();
      assertThat(channel.state().next()).isEqualTo(20);
      channel.close().block();
    }
  }

  @Test
  void otherFilesAreForeign() throws Exception {
    for (String content : List.of("x", "no database".repeat(10_000))) {
      Files.writeString(paths.database(), content);

      refuses(Kind.FOREIGN, paths.database());
    }
  }

  @Test
  void anotherProgramsDatabaseIsForeign() throws Exception {
    try (Sqlite database = Sqlite.open(paths.database())) {
      database.execute("CREATE TABLE packet (number INTEGER)");
    }

    refuses(Kind.FOREIGN, paths.database());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void anotherVersionIsForeign(int version) throws Exception {
    write();
    try (Sqlite database = Sqlite.open(paths.database())) {
      database.execute("PRAGMA user_version = " + version);
    }

    refuses(Kind.FOREIGN, paths.database());
  }

  @Test
  void anotherChannelsFileIsForeign() throws Exception {
    write();
    ChannelPaths other = ChannelPaths.of(directory, DiskSamples.key("other"));
    Files.move(paths.database(), other.database());

    Throwable error =
        catchThrowable(
            () -> DiskChannelStore.create(directory).open(DiskSamples.key("other")).block());

    assertThat(DiskSamples.kind(error)).isEqualTo(Kind.FOREIGN);
    assertThat(error).hasMessageContaining(other.database().toString());
  }

  @Test
  void aTriggerInTheSchemaIsDamage() throws Exception {
    write();
    try (Sqlite database = Sqlite.open(paths.database())) {
      database.execute("CREATE TRIGGER t AFTER INSERT ON packet BEGIN DELETE FROM packet; END");
    }

    refuses(Kind.CORRUPT, paths.database());
  }

  @Test
  void aChangedStateIsDamage() throws Exception {
    write();
    for (String change :
        List.of(
            "received = 1",
            "received = 1, skipped = 1",
            "attempt = 1",
            "peer = own",
            "bytes = bytes - 1",
            "peer = x''")) {
      byte[] whole = Files.readAllBytes(paths.database());
      try (Sqlite database = Sqlite.open(paths.database())) {
        database.execute("UPDATE channel SET " + change);
      }

      refuses(Kind.CORRUPT, paths.database());
      Files.write(paths.database(), whole);
    }
  }

  @Test
  void missingPacketsAreDamage() throws Exception {
    write();
    for (String packets : List.of("number = 0", "number = 19", "number >= 0")) {
      byte[] whole = Files.readAllBytes(paths.database());
      try (Sqlite database = Sqlite.open(paths.database())) {
        database.execute("DELETE FROM packet WHERE " + packets);
      }

      refuses(Kind.CORRUPT, paths.database());
      Files.write(paths.database(), whole);
    }
  }

  @Test
  void aMissingPacketInTheMiddleIsFoundWhenItIsReadOrDeleted() throws Exception {
    write();
    try (Sqlite database = Sqlite.open(paths.database())) {
      database.execute("DELETE FROM packet WHERE number = 7");
    }

    StoredChannel reading = open();
    assertThat(reading.read(0, 7 * 8_000).block()).hasSize(7);
    assertThat(DiskSamples.kind(catchThrowable(() -> reading.read(0, 100_000).block())))
        .isEqualTo(Kind.CORRUPT);
    reading.close().block();
    StoredChannel deleting = open();
    assertThat(DiskSamples.kind(catchThrowable(() -> deleting.write(DiskSamples.trim(10)).block())))
        .isEqualTo(Kind.CORRUPT);
    deleting.close().block();
    StoredChannel after = open();
    assertThat(after.state().first()).isZero();
    after.close().block();
  }

  /** Wherever a bit of the database is wrong: no packet is given out that was not written. */
  @Test
  void noFlippedBitPassesForAPacket() throws Exception {
    write();
    byte[] whole = Files.readAllBytes(paths.database());
    int refused = 0;
    int flips = 0;
    for (int at = 0; at < whole.length; at += 997) {
      flips++;
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x10;
      Files.write(paths.database(), damaged);
      StoredChannel channel;
      try {
        channel = open();
      } catch (RuntimeException e) {
        assertThat(DiskSamples.kind(e)).isIn(Kind.CORRUPT, Kind.FOREIGN);
        refused++;
        continue;
      }
      try {
        List<byte[]> packets = channel.read(0, Integer.MAX_VALUE).block();
        assertThat(packets).hasSize(20);
        for (int number = 0; number < 20; number++) {
          assertThat(packets.get(number)).isEqualTo(DiskSamples.payload(number, 8_000));
        }
      } catch (RuntimeException e) {
        assertThat(DiskSamples.kind(e)).isEqualTo(Kind.CORRUPT);
        refused++;
      } finally {
        channel.close().block();
      }
    }
    // Half of the file is payload; the rest is seen where it is used.
    assertThat(refused).isGreaterThan(flips / 3);
  }

  /** Packets that are only in the log, as a crash leaves them; returns its length after each. */
  private List<Long> crash(int writes) throws Exception {
    Path running = Files.createDirectory(temporary.resolve("running"));
    StoredChannel channel = DiskSamples.open(DiskChannelStore.create(running));
    ChannelPaths files = ChannelPaths.of(running, DiskSamples.KEY);
    List<Long> lengths = new ArrayList<>();
    for (int n = 0; n < writes; n++) {
      channel.write(DiskSamples.append(n, 20_000, 1)).block();
      lengths.add(Files.size(files.wal()));
    }
    Files.copy(files.database(), paths.database());
    Files.copy(files.wal(), paths.wal());
    channel.close().block();
    return lengths;
  }

  @Test
  void anUnfinishedLastWriteIsNoDamage() throws Exception {
    List<Long> lengths = crash(5);
    byte[] database = Files.readAllBytes(paths.database());
    byte[] log = Files.readAllBytes(paths.wal());
    for (int length = 0; length <= log.length; length += FRAME / 3) {
      Files.write(paths.database(), database);
      Files.write(paths.wal(), Arrays.copyOf(log, length));
      int cut = length;

      StoredChannel channel = open();

      assertThat(channel.state().next())
          .isEqualTo(lengths.stream().filter(whole -> whole <= cut).count());
      channel.close().block();
    }
  }

  @Test
  void aLastWriteThatReachedTheDiskInPartsIsNoDamage() throws Exception {
    List<Long> lengths = crash(5);
    change(paths.wal(), flip((int) (lengths.get(3) + FRAME / 2)));

    StoredChannel channel = open();

    assertThat(channel.state().next()).isEqualTo(4);
    assertThat(channel.read(0, Integer.MAX_VALUE).block()).hasSize(4);
    channel.close().block();
  }

  @Test
  void anEarlierWriteThatIsWrongInTheLogIsDamage() throws Exception {
    List<Long> lengths = crash(5);
    byte[] log = Files.readAllBytes(paths.wal());
    for (long at : List.of(HEADER + 100L, lengths.get(0) - 1, lengths.get(2) + 30)) {
      Files.write(paths.wal(), flip((int) at).apply(log.clone()));

      refuses(Kind.CORRUPT, paths.wal());
    }
  }

  @Test
  void aWrongHeadOfTheLogIsDamage() throws Exception {
    crash(2);
    byte[] log = Files.readAllBytes(paths.wal());
    for (int at = 0; at < HEADER; at++) {
      Files.write(paths.wal(), flip(at).apply(log.clone()));

      refuses(Kind.CORRUPT, paths.wal());
    }
  }

  @Test
  void whatACrashLeftOfAnUnfinishedDatabaseIsNotTaken() throws Exception {
    Files.writeString(paths.unfinished(), "half of it");

    StoredChannel channel = open();

    assertThat(channel.state().isNew()).isTrue();
    assertThat(paths.unfinished()).doesNotExist();
    channel.close().block();
  }

  @Test
  void whatACrashLeftOfADeletedChannelIsNotTaken() throws Exception {
    crash(3);
    Files.delete(paths.database());

    StoredChannel channel = open();

    assertThat(channel.state().next()).isZero();
    channel.close().block();
    assertThat(new String(Files.readAllBytes(paths.database()), 0, 15, StandardCharsets.US_ASCII))
        .isEqualTo("SQLite format 3");
  }
}
