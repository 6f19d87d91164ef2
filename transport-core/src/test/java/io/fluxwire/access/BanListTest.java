package io.fluxwire.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fluxwire.NodeId;
import io.fluxwire.access.BanList.Ban;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class BanListTest {

  private static final Duration DAY = Duration.ofDays(1);

  private final Time time = new Time();
  private final BanList bans = BanList.create(2, time);
  private final NodeId peer = NodeKey.generate().id();
  private final NodeId other = NodeKey.generate().id();

  /** Stands still until it is moved. */
  private static final class Time extends Clock {
    private Instant now = Instant.parse("2030-01-31T12:00:00Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  private static InetAddress address(String text) throws UnknownHostException {
    return InetAddress.getByName(text);
  }

  @Test
  void banCountsUntilItsInstantAndNotAtIt() throws UnknownHostException {
    bans.ban(peer, DAY);
    bans.ban("10.0.0.0/8", DAY);
    time.now = time.now.plus(DAY).minusNanos(1);
    assertThat(bans.isBanned(peer)).isTrue();
    assertThat(bans.isBanned(address("10.1.2.3"))).isTrue();
    assertThat(bans.entries()).hasSize(2);

    time.now = time.now.plusNanos(1);
    assertThat(bans.isBanned(peer)).isFalse();
    assertThat(bans.isBanned(address("10.1.2.3"))).isFalse();
    assertThat(bans.entries()).isEmpty();
    assertThat(bans).hasToString("BanList[0 of at most 2]");
    assertThat(bans.unban(peer)).isFalse();
  }

  @Test
  void fullListGivesUpTheBanThatEndsSoonest() {
    bans.ban("10.0.0.0/8", DAY.multipliedBy(3));
    bans.ban(peer, DAY);
    bans.ban(other, DAY.multipliedBy(2));
    assertThat(bans.isBanned(peer)).isFalse();
    assertThat(bans.entries())
        .extracting(Ban::target)
        .containsExactly(other.toString(), "10.0.0.0/8");
  }

  @Test
  void anotherTimeForTheSameNodeTakesNoPlace() {
    bans.ban(peer, DAY);
    bans.ban(other, DAY.multipliedBy(3));
    bans.ban(other, DAY.multipliedBy(2));
    assertThat(bans.entries())
        .containsExactly(
            new Ban(peer.toString(), time.now.plus(DAY)),
            new Ban(other.toString(), time.now.plus(DAY.multipliedBy(2))));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.1.2, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "0.0.0.0/0, 255.1.2.3, true",
    "0.0.0.0/0, ::1, false",
    "192.168.128.0/17, 192.168.127.255, false",
    "192.168.128.0/17, 192.168.255.255, true",
    "1.2.3.4, 1.2.3.4, true",
    "1.2.3.4, 1.2.3.5, false",
    "::/0, 1.2.3.4, false",
    "::/0, 2001:db8::1, true",
    "2001:db8:0:100::/56, 2001:db8:0:1ff::1, true",
    "2001:db8:0:100::/56, 2001:db8:0:200::1, false",
    "2001:DB8::1, 2001:db8:0:0::1, true",
  })
  void addressesOfABannedNetworkDoNotPass(String network, String address, boolean banned)
      throws UnknownHostException {
    bans.ban("9.9.9.9", DAY);
    bans.ban(network, DAY);
    assertThat(bans.isBanned(address(address))).isEqualTo(banned);
    assertThat(bans.addresses().test(address(address))).isNotEqualTo(banned);
    assertThat(bans.unban(network)).isTrue();
    assertThat(bans.isBanned(address(address))).isFalse();
  }

  @Test
  void addressAloneIsANetworkOfItsOwn() throws UnknownHostException {
    bans.ban(address("1.2.3.4"), DAY);
    bans.ban(address("2001:db8::1"), DAY);
    assertThat(bans.entries())
        .extracting(Ban::target)
        .containsExactlyInAnyOrder("1.2.3.4/32", "2001:db8::1/128");
    assertThat(bans.unban(address("1.2.3.4"))).isTrue();
    assertThat(bans.unban("2001:db8::1/128")).isTrue();
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> bans.ban(peer, Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> bans.ban("10.0.0.1/8", DAY));
    assertThatIllegalArgumentException().isThrownBy(() -> BanList.create(0, time));
  }

  private static Candidate asking(NodeId id) {
    return Candidate.of(id, new InetSocketAddress("192.0.2.1", 9735));
  }

  @Test
  void bannedNodeIsRefusedAndAllOthersAreAskedFor() {
    AtomicInteger asked = new AtomicInteger();
    Sinks.One<Boolean> decision = Sinks.one();
    Authorizer authorizer =
        bans.authorizer(
            who -> {
              asked.incrementAndGet();
              return decision.asMono();
            });
    bans.ban(peer, DAY);
    assertThat(authorizer.authorize(asking(peer)).block()).isFalse();
    assertThat(asked).hasValue(0);

    StepVerifier.create(authorizer.authorize(asking(other)))
        .then(() -> assertThat(asked).hasValue(1))
        .then(() -> decision.tryEmitValue(true).orThrow())
        .expectNext(true)
        .verifyComplete();
    assertThat(bans.authorizer(who -> Mono.just(false)).authorize(asking(other)).block()).isFalse();
  }

  @Test
  void banWhileTheOtherAuthorizerDecidesCounts() {
    Sinks.One<Boolean> decision = Sinks.one();
    StepVerifier.create(bans.authorizer(who -> decision.asMono()).authorize(asking(peer)))
        .then(() -> bans.ban(peer, DAY))
        .then(() -> decision.tryEmitValue(true).orThrow())
        .expectNext(false)
        .verifyComplete();
  }

  @Test
  void bansOutliveARestart(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("bans");
    BanList before = BanList.open(file);
    before.ban(peer, DAY);
    before.ban("2001:db8::/32", DAY.multipliedBy(2));
    before.ban(other, DAY);
    before.unban(other);
    before.flush().block();

    assertThat(BanList.open(file).entries())
        .isEqualTo(before.entries())
        .extracting(Ban::target)
        .containsExactly(peer.toString(), "2001:db8::/32");
    assertThat(BanList.load(file).entries()).isEqualTo(before.entries());
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aSaveThatFailsLeavesNothingBehind(@TempDir Path folder) throws IOException {
    Path taken = folder.resolve("bans");
    Files.createDirectories(taken.resolve("inside"));
    assertThatThrownBy(() -> bans.save(taken)).isInstanceOf(IOException.class);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(taken);
    }
  }

  @Test
  void aNetworkMayBeWrittenInAnyWay(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("bans");
    Files.writeString(
        file, "2001:DB8:0::/32 2999-01-31T12:00:00Z\n192.0.2.7 2999-01-31T12:00:00Z\n");
    BanList list = BanList.open(file);
    assertThat(list.entries())
        .extracting(Ban::target)
        .containsExactlyInAnyOrder("2001:db8::/32", "192.0.2.7/32");
    assertThat(list.unban("2001:db8::/32")).isTrue();
    list.flush().block();
  }

  @Test
  void bansThatEndedMeanwhileAreNotLoaded(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("bans");
    bans.ban(peer, DAY);
    bans.ban(other, DAY.plusNanos(1));
    bans.save(file);
    time.now = time.now.plus(DAY);
    BanList after = BanList.create(2, time);
    after.read(file);
    assertThat(after.entries()).containsExactly(new Ban(other.toString(), time.now.plusNanos(1)));
  }

  @Test
  void linesThatAreEmptyOrRemarksArePassedOver(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("bans");
    List<String> lines =
        List.of(
            "\uFEFF# who was rude\r",
            "\r",
            "  ",
            "10.0.0.0/8 2999-01-31T12:00:00Z\r",
            "",
            " 192.0.2.7\t2999-01-31T12:00:00Z ",
            "\t# more",
            "");
    Files.write(file, lines);

    assertThat(BanList.load(file).entries())
        .extracting(Ban::target)
        .containsExactly("10.0.0.0/8", "192.0.2.7/32");
  }

  @Test
  void aLineIsCountedWithThoseThatArePassedOver(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("bans");
    Files.writeString(file, "\n# remark\nrubbish\n");

    assertThatThrownBy(() -> BanList.load(file)).hasMessageStartingWith(file + ": line 3 ");
  }

  @Test
  void aFileWithoutAnEndIsNotReadForEver() {
    Path zeros = Path.of("/dev/zero");
    assumeThat(zeros).exists();

    assertThatThrownBy(() -> BanList.load(zeros)).hasMessageStartingWith("/dev/zero: line 1 ");
  }

  @Test
  void aFolderIsNoFileOfBansAndIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> BanList.load(folder))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(folder + ": ");
  }

  @Test
  void aSavedFileKeepsItsModeAndItsLink(@TempDir Path folder) throws IOException {
    Path target = Files.createFile(folder.resolve("target"));
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r-----"));
    Path link = Files.createSymbolicLink(folder.resolve("bans"), target);
    BanList list = BanList.open(link);

    list.ban("10.0.0.0/8", DAY);
    StepVerifier.create(list.flush()).verifyComplete();

    assertThat(link).isSymbolicLink();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
        .isEqualTo("rw-r-----");
    assertThat(BanList.load(target).entries()).isEqualTo(list.entries());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/8",
        "10.0.0.0/8 ",
        "10.0.0.0/8 tomorrow",
        "10.0.0.1/8 2030-01-31T12:00:00Z",
        "0102 2030-01-31T12:00:00Z",
        "host.test 2030-01-31T12:00:00Z",
        " 2030-01-31T12:00:00Z",
        "10.0.0.0/8 2030-01-31T12:00:00Z # why",
        "10.0.0.0/8 2030-01-31T12:00:00Z 1",
        "\u00ff\u0000"
      })
  void lineThatIsNoBanIsNamed(String line, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("bans");
    Files.writeString(file, "10.0.0.0/8 2030-01-31T12:00:00Z\n" + line + "\n");
    assertThatThrownBy(() -> BanList.open(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": line 2 ")
        .hasMessageContaining("correct or remove it");
  }

  @Test
  void concurrentBansKeepTheListWhole() throws UnknownHostException {
    BanList list = BanList.create(100, time);
    IntStream.range(0, 20_000)
        .parallel()
        .forEach(
            i -> {
              list.ban("10.0.%d.0/24".formatted(i % 256), Duration.ofSeconds(1 + i % 1000));
              list.unban("10.0.%d.0/24".formatted((i * 7) % 256));
              list.ban("10.%d.0.0/16".formatted(1 + i % 200), Duration.ofSeconds(1 + i));
            });
    List<Ban> entries = list.entries();
    assertThat(entries).hasSize(100);
    assertThat(list).hasToString("BanList[100 of at most 100]");
    for (Ban ban : entries) {
      String network = ban.target();
      assertThat(list.isBanned(address(network.substring(0, network.indexOf('/'))))).isTrue();
      assertThat(list.unban(network)).isTrue();
    }
    assertThat(list).hasToString("BanList[0 of at most 100]");
  }

  @Test
  void changesThatComeBeforeASaveAreSavedAtOnce() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    AtomicInteger saves = new AtomicInteger();
    BanSaver saver =
        new BanSaver(Path.of("bans"), saves::incrementAndGet, Schedulers.fromExecutor(tasks::add));
    for (int i = 0; i < 1000; i++) {
      saver.changed();
    }
    StepVerifier.create(saver.flush())
        .then(() -> assertThat(saves).hasValue(0))
        .then(() -> tasks.remove().run())
        .verifyComplete();
    assertThat(saves).hasValue(1);
    saver.changed();
    tasks.remove().run();
    assertThat(saves).hasValue(2);
    StepVerifier.create(saver.flush()).verifyComplete();
    assertThat(saves).hasValue(2);
  }

  @Test
  void failedSaveIsToldByFlushWhichTriesAgain(@TempDir Path folder) throws IOException {
    Path missing = folder.resolve("missing");
    Path file = missing.resolve("bans");
    BanList list = BanList.open(file);
    list.ban(peer, DAY);
    StepVerifier.create(list.flush()).verifyError(IOException.class);
    StepVerifier.create(list.flush()).verifyError(IOException.class);
    Files.createDirectory(missing);
    StepVerifier.create(list.flush()).verifyComplete();
    assertThat(BanList.load(file).isBanned(peer)).isTrue();
  }
}
