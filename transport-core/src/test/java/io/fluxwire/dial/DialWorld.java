package io.fluxwire.dial;

import io.fluxwire.AuthenticationException;
import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnectException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.internal.Claimable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A resolver and a network under virtual time, with a log of what was dialled, and when. */
final class DialWorld {

  static final int PORT = 9735;
  static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(10);
  private static final NodeId PEER = NodeKey.generate().id();

  final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  /** What happened, as {@code "250 ::1"}: milliseconds and address. */
  final List<String> attempts = new ArrayList<>();

  final List<FakeConnection> made = new ArrayList<>();
  final List<DialEvent> events = new ArrayList<>();
  int cancelled;
  private final Map<String, Function<SocketAddress, Mono<PeerConnection<String>>>> hosts =
      new HashMap<>();

  long now() {
    return time.now(TimeUnit.MILLISECONDS);
  }

  DialSpec spec() {
    return DialSpec.of("peer").scheduler(time).doOnEvent(events::add);
  }

  Dial<String> dial(AddressSource... sources) {
    return dialWith(spec -> spec, sources);
  }

  Dial<String> dialWith(UnaryOperator<DialSpec> changes, AddressSource... sources) {
    return Dial.of(changes.apply(spec()), List.of(sources), this::attempt);
  }

  private Mono<PeerConnection<String>> attempt(SocketAddress address) {
    return Mono.defer(
            () -> {
              String host = host(address);
              attempts.add(now() + " " + host);
              return hosts.getOrDefault(host, this::refuse).apply(address);
            })
        .doOnCancel(() -> cancelled++);
  }

  static String host(SocketAddress address) {
    String literal = ((InetSocketAddress) address).getAddress().getHostAddress();
    return literal
        .replaceFirst("^2001:db8:0:0:0:0:0:", "v6-")
        .replaceFirst("^192\\.0\\.2\\.", "v4-");
  }

  private <C> Mono<C> refuse(SocketAddress address) {
    return Mono.error(new PeerConnectException(Reason.CONNECT_FAILED, "connection refused"));
  }

  DialWorld refuses(String host) {
    hosts.put(host, this::refuse);
    return this;
  }

  DialWorld authenticates(String host, Duration after) {
    hosts.put(
        host,
        address ->
            Mono.delay(after, time).map(tick -> new FakeConnection(address)).map(this::made));
    return this;
  }

  private FakeConnection made(FakeConnection connection) {
    made.add(connection);
    return connection;
  }

  DialWorld isBlackHole(String host) {
    hosts.put(
        host,
        address ->
            Mono.delay(ATTEMPT_TIMEOUT, time)
                .flatMap(
                    tick ->
                        Mono.error(
                            new PeerTimeoutException(
                                Reason.HANDSHAKE_TIMEOUT, "nobody answered"))));
    return this;
  }

  DialWorld isImpostor(String host, Duration after) {
    hosts.put(
        host,
        address ->
            Mono.delay(after, time)
                .flatMap(
                    tick ->
                        Mono.error(
                            new AuthenticationException(
                                Reason.NODE_ID_UNEXPECTED, "someone else"))));
    return this;
  }

  /** Answers like DNS, each list at its own time, and is done with the last. */
  AddressSource answers(Answer... answers) {
    return query ->
        Flux.merge(
            List.of(answers).stream()
                .<Publisher<List<SocketAddress>>>map(
                    answer ->
                        Mono.delay(Duration.ofMillis(answer.atMillis), time)
                            .map(tick -> answer.addresses))
                .toList());
  }

  record Answer(int atMillis, List<SocketAddress> addresses) {}

  static Answer at(int millis, String... hosts) {
    return new Answer(millis, List.of(addresses(hosts)));
  }

  static SocketAddress[] addresses(String... hosts) {
    SocketAddress[] addresses = new SocketAddress[hosts.length];
    for (int i = 0; i < hosts.length; i++) {
      addresses[i] = address(hosts[i]);
    }
    return addresses;
  }

  /** {@code v4-1} and {@code v6-1}: addresses that are for documentation. */
  static SocketAddress address(String host) {
    String literal = host.replace("v6-", "2001:db8::").replace("v4-", "192.0.2.");
    try {
      return new InetSocketAddress(InetAddress.getByName(literal), PORT);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  void passMillis(long millis) {
    time.advanceTimeBy(Duration.ofMillis(millis));
  }

  /** A connection that does nothing but end. */
  static class FakeConnection implements PeerConnection<String>, Claimable {

    private final SocketAddress address;
    private final Sinks.One<CloseReason> closed = Sinks.one();
    private boolean claimed;

    FakeConnection(SocketAddress address) {
      this.address = address;
    }

    @Override
    public boolean isClaimed() {
      return claimed;
    }

    void end(CloseReason reason) {
      closed.tryEmitValue(reason);
    }

    @Override
    public NodeId remoteId() {
      return PEER;
    }

    @Override
    public SocketAddress remoteAddress() {
      return address;
    }

    @Override
    public SocketAddress localAddress() {
      return address;
    }

    @Override
    public Flux<String> receive() {
      claimed = true;
      return Flux.never();
    }

    @Override
    public Mono<Void> send(Publisher<? extends String> packets) {
      return Mono.never();
    }

    @Override
    public Mono<Void> close() {
      return Mono.fromRunnable(this::dispose).then(closed.asMono()).then();
    }

    @Override
    public Mono<CloseReason> onClose() {
      return closed.asMono();
    }

    @Override
    public void dispose() {
      end(new CloseReason(Reason.CLOSED_LOCALLY, null));
    }

    @Override
    public boolean isDisposed() {
      return Boolean.TRUE.equals(closed.scan(reactor.core.Scannable.Attr.TERMINATED));
    }
  }
}
