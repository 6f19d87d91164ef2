package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.fluxwire.dial.AddressSource;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.resolver.NoopAddressResolverGroup;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpResources;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Names by real DNS messages, from a server on loopback. */
@Timeout(120)
class NamesTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration LIFETIME = Duration.ofSeconds(30);
  private static final Duration MIN_LIFETIME = Duration.ofSeconds(5);
  private static final String NAME = "node.example.";

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final ZoneServer zone = new ZoneServer();
  private final List<Channel> sockets = new CopyOnWriteArrayList<>();
  private Names names;
  @TempDir private Path folder;
  private Path hosts;

  @BeforeEach
  void start() {
    hosts = folder.resolve("hosts");
    names = names(LIFETIME, MIN_LIFETIME);
  }

  private Names names(Duration lifetime, Duration minLifetime) {
    return new Names(
        new Dns(
            dns -> zone.serve(dns).queryTimeoutMillis(2_000).datagramChannelFactory(this::socket),
            new HostsFile(hosts),
            lifetime,
            minLifetime,
            time));
  }

  /** As resolvers open it without a test, and known to it. */
  private DatagramChannel socket() {
    LoopResources resources = TcpResources.get();
    DatagramChannel socket = resources.onChannel(DatagramChannel.class, resources.onClient(true));
    sockets.add(socket);
    return socket;
  }

  /** Of this test: resolvers of others close theirs while it runs. */
  private long openSockets() {
    return sockets.stream().filter(Channel::isOpen).count();
  }

  @AfterEach
  void stop() {
    zone.close();
  }

  private static InetSocketAddress name(String host) {
    return InetSocketAddress.createUnresolved(host, 9735);
  }

  private Flux<List<String>> addresses(String host) {
    return literals(names.source(name(host), TcpClient.newConnection()));
  }

  private static Flux<List<String>> literals(AddressSource source) {
    return source
        .addresses(() -> "a test")
        .map(found -> found.stream().map(NamesTest::literal).toList());
  }

  private static String literal(SocketAddress address) {
    InetSocketAddress inet = (InetSocketAddress) address;
    return inet.getAddress().getHostAddress() + ":" + inet.getPort();
  }

  @Test
  void theHostsFileIsReadAnewEachTime() throws IOException {
    zone.has(DnsRecordType.A, NAME, "127.0.0.2").has(DnsRecordType.AAAA, NAME);
    String host = "node.example";
    Files.writeString(hosts, "127.0.0.8 node.EXAMPLE other\n");
    assertThat(addresses(host).blockFirst(LIMIT)).containsExactly("127.0.0.8:9735");

    Files.writeString(
        hosts, "# of another length\n127.0.0.9 node.example\n127.0.0.10 node.example");
    assertThat(addresses(host).blockFirst(LIMIT))
        .containsExactly("127.0.0.9:9735", "127.0.0.10:9735");

    Files.delete(hosts);
    assertThat(addresses(NAME).blockFirst(LIMIT)).containsExactly("127.0.0.2:9735");
  }

  @Test
  void bothFamiliesAreAskedForApart() {
    zone.has(DnsRecordType.A, NAME, "127.0.0.2", "127.0.0.3").has(DnsRecordType.AAAA, NAME, "::1");

    assertThat(addresses(NAME).collectList().block(LIMIT))
        .containsExactlyInAnyOrder(
            List.of("127.0.0.2:9735", "127.0.0.3:9735"), List.of("0:0:0:0:0:0:0:1:9735"));
    assertThat(zone.asked()).containsExactlyInAnyOrder("A node.example.", "AAAA node.example.");
  }

  @Test
  void anAnswerThatDoesNotComeDoesNotHoldUpTheOtherOne() {
    zone.has(DnsRecordType.A, NAME, "127.0.0.2");

    assertThat(addresses(NAME).blockFirst(LIMIT)).containsExactly("127.0.0.2:9735");
  }

  @Test
  void oneFamilyIsEnough() {
    zone.has(DnsRecordType.A, NAME).has(DnsRecordType.AAAA, NAME, "::1");

    assertThat(addresses(NAME).collectList().block(LIMIT))
        .singleElement()
        .satisfies(found -> assertThat(found).hasSize(1));
  }

  @Test
  void aNameThatNobodyKnowsIsAnError() {
    zone.has(DnsRecordType.A, NAME).has(DnsRecordType.AAAA, NAME);

    assertThatThrownBy(() -> addresses(NAME).blockLast(LIMIT))
        .hasCauseInstanceOf(UnknownHostException.class)
        .hasMessageContaining("node.example");
  }

  @Test
  void anAnswerIsKeptForItsTtl() {
    zone.has(DnsRecordType.A, NAME, "127.0.0.2").has(DnsRecordType.AAAA, NAME, "::1");
    addresses(NAME).blockLast(LIMIT);
    addresses(NAME).blockLast(LIMIT);

    assertThat(zone.asked()).hasSize(2);
  }

  @Test
  void namesThatDnsDoesNotAnswerShareTheirSockets() throws Exception {
    zone.has(DnsRecordType.A, NAME, "127.0.0.2").has(DnsRecordType.AAAA, NAME, "::1");
    addresses(NAME).blockLast(LIMIT);
    long before = descriptors();

    Disposable.Composite dials = Disposables.composite();
    for (int i = 0; i < 300; i++) {
      dials.add(addresses("silent-" + i + ".example.").subscribe());
      int questions = 2 * i + 4;
      // No more at once than the server's socket has room for: what is lost is not asked again.
      if (i % 50 == 49) {
        await(() -> zone.asked().size() >= questions);
      }
    }
    assertThat(zone.asked()).doesNotHaveDuplicates().hasSize(602);
    // Sockets of their own would be hundreds. The rest of the process may open a file meanwhile.
    assertThat(descriptors()).as("while they are asked for").isLessThan(before + 20);

    dials.dispose();
    assertThat(descriptors()).isLessThan(before + 20);
  }

  @Test
  void nothingIsOpenWhileNobodyAsks() throws Exception {
    zone.has(DnsRecordType.A, NAME, "127.0.0.2").has(DnsRecordType.AAAA, NAME, "::1");
    names = names(Duration.ofSeconds(1), MIN_LIFETIME);
    addresses(NAME).blockLast(LIMIT);
    assertThat(sockets).hasSize(2);

    await(() -> openSockets() == 0);
  }

  @Test
  void aLookupThatFailsBringsNewSockets() throws Exception {
    names = names(LIFETIME, Duration.ZERO);
    zone.has(DnsRecordType.A, NAME).has(DnsRecordType.AAAA, NAME);
    for (int i = 0; i < 20; i++) {
      addresses(NAME).onErrorComplete().blockLast(LIMIT);
    }
    assertThat(sockets).hasSizeGreaterThan(2);

    zone.has(DnsRecordType.A, NAME, "127.0.0.2");
    assertThat(addresses(NAME).blockLast(LIMIT)).containsExactly("127.0.0.2:9735");
    await(() -> openSockets() <= 2);
  }

  @Test
  void oneWhoGoesDoesNotTakeTheAnswerFromOthers() throws Exception {
    Disposable first = addresses(NAME).subscribe();
    List<List<String>> answers = new ArrayList<>();
    Disposable second = addresses(NAME).subscribe(answers::add);
    await(() -> zone.asked().size() == 2);

    first.dispose();
    assertThat(second.isDisposed()).isFalse();
    second.dispose();
    // What both have left is asked for anew.
    zone.has(DnsRecordType.A, NAME, "127.0.0.2").has(DnsRecordType.AAAA, NAME);
    assertThat(addresses(NAME).blockLast(LIMIT)).containsExactly("127.0.0.2:9735");
    assertThat(zone.asked()).hasSize(4);
    assertThat(answers).isEmpty();
  }

  @Test
  void namesThatASourceGivesAreResolved() throws Exception {
    zone.has(DnsRecordType.A, NAME, "127.0.0.2").has(DnsRecordType.AAAA, NAME, "::1");
    zone.has(DnsRecordType.A, "unknown.example.").has(DnsRecordType.AAAA, "unknown.example.");
    InetSocketAddress known = new InetSocketAddress("192.0.2.1", 1);
    AddressSource source =
        names.source(
            AddressSource.of(name(NAME), known, name("unknown.example.")),
            TcpClient.newConnection());
    List<List<String>> answers = new CopyOnWriteArrayList<>();
    List<Throwable> failures = new CopyOnWriteArrayList<>();

    literals(source).subscribe(answers::add, failures::add);
    await(() -> !failures.isEmpty());

    assertThat(answers)
        .containsExactlyInAnyOrder(
            List.of("192.0.2.1:1"), List.of("127.0.0.2:9735"), List.of("0:0:0:0:0:0:0:1:9735"));
    assertThat(failures)
        .singleElement()
        .satisfies(failure -> assertThat(failure).hasMessageContaining("unknown.example"));
  }

  @Test
  void ofManyNamesEachRoundLooksUpTheNextOnes() throws Exception {
    SocketAddress[] many =
        IntStream.range(0, 3 * Names.NAMES)
            .mapToObj(i -> name("n" + i + ".example."))
            .toArray(SocketAddress[]::new);
    AddressSource source = names.source(AddressSource.of(many), TcpClient.newConnection());
    for (int round = 0; round < 3; round++) {
      Disposable asking = source.addresses(() -> "a test").subscribe();
      int asked = 2 * Names.NAMES * (round + 1);
      await(() -> zone.asked().size() == asked);
      asking.dispose();
    }
    assertThat(zone.asked()).hasSize(2 * many.length).doesNotHaveDuplicates();
  }

  private static long descriptors() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Thread.sleep(5);
    }
  }

  private static final String SERVICE = "_fluxwire._tcp.example.";

  private Flux<List<String>> service() {
    return literals(names.service("_fluxwire._tcp.example", TcpClient.newConnection()));
  }

  @Test
  void aServicesServersComeByPriorityWithTheirPorts() {
    zone.has(DnsRecordType.SRV, SERVICE, "20 0 3 c.example", "10 5 1 a.example", "15 0 2 b.example")
        .has(DnsRecordType.A, "a.example.", "192.0.2.1", "192.0.2.11")
        .has(DnsRecordType.AAAA, "a.example.")
        .has(DnsRecordType.A, "b.example.")
        .has(DnsRecordType.AAAA, "b.example.", "2001:db8::2")
        .has(DnsRecordType.A, "c.example.", "192.0.2.3")
        .has(DnsRecordType.AAAA, "c.example.");
    assertThat(service().collectList().block(LIMIT))
        .containsExactly(
            List.of("192.0.2.1:1", "192.0.2.11:1"),
            List.of("2001:db8:0:0:0:0:0:2:2"),
            List.of("192.0.2.3:3"));
  }

  /** The servers of a headless service come and go. */
  @Test
  void aServiceIsAskedForAgainWhenItsRecordsHaveEnded() {
    zone.has(DnsRecordType.A, "a.example.", "192.0.2.1")
        .has(DnsRecordType.AAAA, "a.example.")
        .has(DnsRecordType.A, "b.example.", "192.0.2.2")
        .has(DnsRecordType.AAAA, "b.example.")
        .timeToLive(5)
        .has(DnsRecordType.SRV, SERVICE, "0 0 1 a.example");
    assertThat(service().collectList().block(LIMIT)).containsExactly(List.of("192.0.2.1:1"));

    zone.has(DnsRecordType.SRV, SERVICE, "0 0 2 b.example");
    time.advanceTimeBy(Duration.ofMillis(4_999));
    assertThat(service().collectList().block(LIMIT)).containsExactly(List.of("192.0.2.1:1"));
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(service().collectList().block(LIMIT)).containsExactly(List.of("192.0.2.2:2"));

    // However long records are meant to hold, a round after 30 s asks again.
    zone.timeToLive(3_600).has(DnsRecordType.SRV, SERVICE, "0 0 3 b.example");
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(service().collectList().block(LIMIT)).containsExactly(List.of("192.0.2.2:3"));
    zone.has(DnsRecordType.SRV, SERVICE, "0 0 4 b.example");
    time.advanceTimeBy(LIFETIME.minusMillis(1));
    assertThat(service().collectList().block(LIMIT)).containsExactly(List.of("192.0.2.2:3"));
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(service().collectList().block(LIMIT)).containsExactly(List.of("192.0.2.2:4"));
    assertThat(zone.asked()).filteredOn(("SRV " + SERVICE)::equals).hasSize(4);
  }

  @Test
  void aServerWithoutAnAddressIsLeftOut() {
    zone.has(
            DnsRecordType.SRV,
            SERVICE,
            "1 0 1 silent.example",
            "2 0 2 gone.example",
            "3 0 3 c.example")
        .has(DnsRecordType.A, "gone.example.")
        .has(DnsRecordType.AAAA, "gone.example.")
        .has(DnsRecordType.A, "c.example.", "192.0.2.3")
        .has(DnsRecordType.AAAA, "c.example.");
    assertThat(service().collectList().block(LIMIT)).containsExactly(List.of("192.0.2.3:3"));
  }

  @Test
  void aServiceWithoutServersIsAnUnknownName() {
    zone.has(DnsRecordType.SRV, SERVICE);
    assertThatThrownBy(() -> service().blockLast(LIMIT))
        .hasCauseInstanceOf(UnknownHostException.class);
    // RFC 2782: a target of "." says that there is no such service.
    zone.has(DnsRecordType.SRV, SERVICE, "00000000000000");
    assertThatThrownBy(() -> service().blockLast(LIMIT))
        .hasRootCauseMessage("_fluxwire._tcp.example has no servers");
    time.advanceTimeBy(LIFETIME);
    // A record that is cut off.
    zone.has(DnsRecordType.SRV, SERVICE, "0000");
    assertThatThrownBy(() -> service().blockLast(LIMIT))
        .isInstanceOf(IndexOutOfBoundsException.class);
    zone.has(DnsRecordType.SRV, SERVICE, "1 0 1 gone.example")
        .has(DnsRecordType.A, "gone.example.")
        .has(DnsRecordType.AAAA, "gone.example.");
    assertThatThrownBy(() -> service().blockLast(LIMIT))
        .hasCauseInstanceOf(UnknownHostException.class);
  }

  @Test
  void theServersOfAServiceAreTheProxysToResolve() {
    zone.has(DnsRecordType.SRV, SERVICE, "1 0 7 a.example");
    TcpClient proxied = TcpClient.newConnection().resolver(NoopAddressResolverGroup.INSTANCE);
    assertThat(names.service(SERVICE, proxied).addresses(() -> "a test").collectList().block(LIMIT))
        .singleElement()
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .containsExactly(InetSocketAddress.createUnresolved("a.example", 7));
    assertThat(zone.asked()).containsExactly("SRV " + SERVICE);
  }

  @Test
  void noSocketIsOpenAfterAServiceWasAskedFor() {
    names = names(Duration.ofMillis(100), Duration.ofMillis(50));
    zone.has(DnsRecordType.SRV, SERVICE);
    assertThatThrownBy(() -> service().blockLast(LIMIT)).isNotNull();
    Flux.interval(Duration.ofMillis(5)).takeUntil(tick -> openSockets() == 0).blockLast(LIMIT);
  }
}
