package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.fluxwire.DialException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The dialer over real sockets. */
class ReconnectTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final ReconnectSpec AT_ONCE =
      ReconnectSpec.create(Duration.ofMillis(1), Duration.ofMillis(5));

  private static final long MIB = 1024 * 1024;

  private final List<DisposablePeerServer> servers = new ArrayList<>();
  private final List<DialEvent> events = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    servers.forEach(server -> server.disposeNow(LIMIT));
  }

  private DisposablePeerServer listen(PeerServer<?> server, String host, int port) {
    DisposablePeerServer listening = server.host(host).port(port).bindNow();
    servers.add(listening);
    return listening;
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it did not come to this within " + LIMIT);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  private PeerClient<Pkt> client() {
    return PeerClient.create().reconnect(spec -> AT_ONCE).doOnDial(events::add);
  }

  private List<String> attempted() {
    return events.stream()
        .filter(DialEvent.AttemptStarted.class::isInstance)
        .map(event -> (InetSocketAddress) ((DialEvent.AttemptStarted) event).address())
        .map(address -> address.getAddress().getHostAddress())
        .toList();
  }

  @Test
  void someAddressesOfANameAreDead() throws IOException {
    DisposablePeerServer server = listen(PeerServer.create(), "127.0.0.4", 0);
    // Takes connections and never says a word.
    try (ServerSocket blackHole =
        new ServerSocket(server.port(), 5, InetAddress.getByName("127.0.0.3"))) {
      assertThat(blackHole.isBound()).isTrue();
      PeerConnection<Pkt> peer =
          client()
              .remote("node.example", server.port())
              .tcp(
                  tcp ->
                      tcp.resolver(
                          new FixedResolver("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")))
              .expect(server.id())
              .connect()
              .block(LIMIT);
      // A machine that needs more than the attempt delay to authenticate tries the fourth as well.
      assertThat(attempted()).startsWith("127.0.0.2", "127.0.0.3", "127.0.0.4");
      assertThat(Objects.requireNonNull(peer).remoteId()).isEqualTo(server.id());
      peer.close().block(LIMIT);
    }
  }

  @Test
  void anImpostorAtTheFirstAddressDoesNotWin() {
    DisposablePeerServer real = listen(PeerServer.create(), "127.0.0.3", 0);
    listen(PeerServer.create(), "127.0.0.2", real.port());
    PeerConnection<Pkt> peer =
        client()
            .remote(AddressSource.of(at("127.0.0.2", real.port()), at("127.0.0.3", real.port())))
            .expect(real.id())
            .connect()
            .block(LIMIT);
    assertThat(Objects.requireNonNull(peer).remoteId()).isEqualTo(real.id());
    peer.close().block(LIMIT);
  }

  private static InetSocketAddress at(String literal, int port) {
    return new InetSocketAddress(literal, port);
  }

  @Test
  void ipv6AndIpv4OfLocalhostAreTriedBoth() {
    DisposablePeerServer server = listen(PeerServer.create(), "127.0.0.1", 0);
    PeerConnection<Pkt> peer =
        client()
            .remote("::1", server.port())
            .remote("127.0.0.1", server.port())
            .connect()
            .block(LIMIT);
    assertThat(attempted()).containsExactly("0:0:0:0:0:0:0:1", "127.0.0.1");
    Objects.requireNonNull(peer).close().block(LIMIT);
  }

  @Test
  void aNameThatDoesNotExistIsAnErrorOfItsOwn() {
    assertThatThrownBy(
            () ->
                client()
                    .remote("node.example", 9735)
                    .tcp(tcp -> tcp.resolver(new FixedResolver()))
                    .connect()
                    .block(LIMIT))
        .isInstanceOfSatisfying(
            DialException.class,
            failure -> assertThat(failure.reason()).isEqualTo(Reason.NAME_NOT_RESOLVED));
  }

  @Test
  void aLiteralWithAScopeNeedsNoResolver() {
    assertThatThrownBy(() -> client().remote("::1%nosuch0", 1).connect().block(LIMIT))
        .isInstanceOf(DialException.class)
        .hasMessageContaining("[::1%nosuch0]:1");
  }

  @Test
  void anIpv6AddressIsWrittenWithBracketsInMessages() {
    assertThatThrownBy(
            () -> client().remote("::1", 1).dialOnly(address -> false).connect().block(LIMIT))
        .hasMessage("cannot reach [::1]:1: this address may not be dialled: [::1]:1");
    assertThat(events).allSatisfy(event -> assertThat(event.name()).isEqualTo("[::1]:1"));
  }

  @Test
  void theServerComesBackAndSoDoesTheConnection() {
    NodeKey key = NodeKey.generate();
    DisposablePeerServer first = listen(PeerServer.create().nodeKey(key), "127.0.0.1", 0);
    PeerLink<Pkt> link = client().remote("127.0.0.1", first.port()).expect(key.id()).link();
    PeerConnection<Pkt> before = Objects.requireNonNull(link.connection().block(LIMIT));
    before.receive().subscribe(null, failure -> {});
    first.disposeNow(LIMIT);
    await(() -> events.stream().anyMatch(DialEvent.RoundFailed.class::isInstance));
    listen(PeerServer.create().nodeKey(key), "127.0.0.1", first.port());
    PeerConnection<Pkt> after = Objects.requireNonNull(link.connection().block(LIMIT));
    assertThat(after).isNotSameAs(before);
    assertThat(after.remoteId()).isEqualTo(key.id());
    link.dispose();
    after.onClose().block(LIMIT);
  }

  @Test
  void theWrongPeerEndsThePublisher() {
    DisposablePeerServer server = listen(PeerServer.create(), "127.0.0.1", 0);
    assertThatThrownBy(
            () ->
                client()
                    .remote(server.address())
                    .expect(NodeKey.generate().id())
                    .connections()
                    .blockFirst(LIMIT))
        .isInstanceOfSatisfying(
            DialException.class,
            failure -> assertThat(failure.reason()).isEqualTo(Reason.NODE_ID_UNEXPECTED));
    assertThat(attempted()).hasSize(1);
  }

  @Test
  void aThousandReconnectsLeaveNothingBehind() {
    DisposablePeerServer server =
        listen(PeerServer.create().handle(peer -> Mono.empty()), "127.0.0.1", 0);
    PeerClient<Pkt> client =
        PeerClient.create().reconnect(spec -> AT_ONCE).remote(server.address()).expect(server.id());
    reconnect(client, 200);
    await(() -> server.peerCount() == 0);
    long descriptors = openDescriptors();
    int threads = Thread.activeCount();
    long direct = directMemory();
    long heap = usedHeap();
    reconnect(client, 1000);
    await(() -> server.peerCount() == 0);
    await(() -> openDescriptors() <= descriptors);
    assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 2);
    // The allocator keeps chunks for later; a buffer of 16 KiB for each connection would show.
    assertThat(directMemory()).isLessThanOrEqualTo(direct + 8 * MIB);
    // 4 KiB for each connection.
    await(() -> usedHeap() <= heap + 4 * MIB);
  }

  private static long directMemory() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static void reconnect(PeerClient<Pkt> client, int times) {
    Long count =
        client
            .connections()
            .concatMap(peer -> peer.receive().onErrorComplete().then(peer.close()).thenReturn(1), 0)
            .take(times)
            .count()
            .block(Duration.ofMinutes(2));
    assertThat(count).isEqualTo(times);
  }

  private static long openDescriptors() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }

  /** Two groups that dial each other, and what each of them was told. */
  private final class Meeting {
    private final NodeKey oneKey = NodeKey.generate();
    private final NodeKey otherKey = NodeKey.generate();
    private final PeerGroup<Pkt> one = PeerGroup.of(oneKey.id());
    private final PeerGroup<Pkt> other = PeerGroup.of(otherKey.id());
    private final List<Class<?>> toldOne = new CopyOnWriteArrayList<>();
    private final List<Class<?>> toldOther = new CopyOnWriteArrayList<>();
    private final Disposable reading =
        Flux.merge(
                one.receive(),
                other.receive(),
                one.changes().doOnNext(change -> toldOne.add(change.getClass())),
                other.changes().doOnNext(change -> toldOther.add(change.getClass())))
            .subscribe();
    private final DisposablePeerServer oneServer =
        listen(PeerServer.create().nodeKey(oneKey).handle(one::accept), "127.0.0.1", 0);
    private final DisposablePeerServer otherServer =
        listen(PeerServer.create().nodeKey(otherKey).handle(other::accept), "127.0.0.1", 0);

    void begin() {
      join(one, oneKey, otherServer.port(), otherKey.id());
      join(other, otherKey, oneServer.port(), oneKey.id());
    }

    private int connections() {
      return oneServer.peerCount() + otherServer.peerCount();
    }

    /** A change is told a moment after it is made. */
    boolean isSettled() {
      return one.peers().size() == 1
          && other.peers().size() == 1
          && connections() == 1
          && !toldOne.isEmpty()
          && !toldOther.isEmpty();
    }

    void end() {
      one.close();
      other.close();
      reading.dispose();
      await(() -> connections() == 0);
    }
  }

  @Test
  void twoGroupsThatDialEachOtherEndWithOneConnectionAndNeitherSeesTheOtherLeave() {
    List<Meeting> meetings = Stream.generate(Meeting::new).limit(20).toList();
    try {
      meetings.forEach(Meeting::begin);
      meetings.forEach(meeting -> await(meeting::isSettled));
      assertThat(meetings)
          .flatExtracting(meeting -> List.of(meeting.toldOne, meeting.toldOther))
          .isSubsetOf(
              List.of(Change.Joined.class), List.of(Change.Joined.class, Change.Replaced.class));
    } finally {
      meetings.forEach(Meeting::end);
    }
  }

  private void join(PeerGroup<Pkt> group, NodeKey key, int port, NodeId peer) {
    group.add(peer, client().nodeKey(key).remote("127.0.0.1", port).expect(peer));
  }
}
