package io.fluxwire.netty;

import io.fluxwire.PeerConnectException;
import io.fluxwire.Reason;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.internal.ForeignSource;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpResources;

/**
 * Creates sources that resolve names to IP addresses: with the client's own resolver, if it has
 * one, otherwise with {@link Dns}, where A and AAAA are looked up separately so that neither waits
 * for the other.
 */
final class Names {

  /** How many names of one list a round looks up. The next round continues behind them. */
  static final int NAMES = 32;

  private static final int LISTS_AT_ONCE = 4;

  /** How long a round waits for the addresses of one of a service's servers. */
  private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(2);

  private final Dns dns;
  private final IntUnaryOperator random;

  Names(Dns dns) {
    this(dns, bound -> ThreadLocalRandom.current().nextInt(bound));
  }

  /**
   * With chances that a test knows.
   *
   * @param dns looks names up
   * @param random draws servers of services: gives a number from 0 to below its argument
   */
  Names(Dns dns, IntUnaryOperator random) {
    this.dns = dns;
    this.random = random;
  }

  /** A source of the addresses of a name, or of a given address. */
  AddressSource source(InetSocketAddress target, TcpClient client) {
    return new AddressSource() {
      @Override
      public Flux<List<InetSocketAddress>> addresses(Query query) {
        return Flux.defer(() -> Names.this.addresses(target, client));
      }

      @Override
      public String toString() {
        return target.getHostString() + ":" + target.getPort();
      }
    };
  }

  /** A source of the addresses of a service's servers, most wanted first. */
  AddressSource service(String service, TcpClient client) {
    return new AddressSource() {
      @Override
      public Flux<List<InetSocketAddress>> addresses(Query query) {
        return dns.services(service).flatMapMany(records -> addressesOf(service, records, client));
      }

      @Override
      public String toString() {
        return service;
      }
    };
  }

  private Flux<List<InetSocketAddress>> addressesOf(
      String service, List<ServiceRecord> records, TcpClient client) {
    List<ServiceRecord> servers = records.stream().filter(one -> !one.isNone()).toList();
    if (servers.isEmpty()) {
      return Flux.error(new UnknownHostException(service + " has no servers"));
    }
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    return Flux.fromIterable(ServiceRecord.inOrder(servers, random))
        .take(NAMES)
        // In their order, and so a name that DNS is silent about must not hold up the others.
        .flatMapSequential(
            server ->
                addresses(server.address(), client)
                    .reduce(Names::joined)
                    .timeout(SERVER_TIMEOUT)
                    .doOnError(failures::add)
                    .onErrorComplete(),
            NAMES)
        .switchIfEmpty(Mono.defer(() -> firstOf(failures)));
  }

  private static List<InetSocketAddress> joined(
      List<InetSocketAddress> some, List<InetSocketAddress> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  /** A source that emits the addresses of another source, with its names resolved. */
  AddressSource source(AddressSource source, TcpClient client) {
    AtomicInteger rounds = new AtomicInteger();
    return query ->
        Flux.defer(
            () -> {
              int round = rounds.getAndIncrement();
              Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
              return ForeignSource.<List<? extends SocketAddress>>flux(
                      "a source of addresses", () -> source.addresses(query))
                  .flatMapDelayError(
                      list -> resolved(list, round, client, failures), LISTS_AT_ONCE, 1)
                  .concatWith(Mono.defer(() -> firstOf(failures)));
            });
  }

  private Flux<List<SocketAddress>> resolved(
      List<? extends SocketAddress> list, int round, TcpClient client, Queue<Throwable> failures) {
    List<SocketAddress> copy;
    try {
      copy = List.copyOf(list);
    } catch (Throwable thrown) {
      return Flux.error(
          new IllegalStateException("a source emitted a list that cannot be read", thrown));
    }
    List<SocketAddress> addresses = new ArrayList<>();
    Set<InetSocketAddress> names = new LinkedHashSet<>();
    for (SocketAddress address : copy) {
      if (address instanceof InetSocketAddress inet && inet.isUnresolved()) {
        names.add(inet);
      } else {
        addresses.add(Addressed.canonical(address));
      }
    }
    Flux<List<SocketAddress>> found =
        Flux.fromIterable(turn(List.copyOf(names), round))
            .flatMap(
                name -> addresses(name, client).doOnError(failures::add).onErrorComplete(), NAMES)
            .map(List::copyOf);
    return names.isEmpty() || !addresses.isEmpty()
        ? Flux.merge(Flux.just(addresses), found)
        : found;
  }

  private static List<InetSocketAddress> turn(List<InetSocketAddress> names, int round) {
    if (names.size() <= NAMES) {
      return names;
    }
    List<InetSocketAddress> turn = new ArrayList<>();
    for (long i = 0; i < NAMES; i++) {
      turn.add(names.get(Math.floorMod((long) round * NAMES + i, names.size())));
    }
    return turn;
  }

  /**
   * The addresses of a name, or a given address.
   *
   * @param target the name or address, and a port
   * @param client the client whose resolver is asked, if it has one
   * @return lists of addresses; errors when there are none
   */
  Flux<List<InetSocketAddress>> addresses(InetSocketAddress target, TcpClient client) {
    if (!target.isUnresolved()) {
      return Flux.just(List.of(Addressed.canonical(target)));
    }
    String host = target.getHostString();
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      return Mono.fromCallable(() -> List.of(literal(host, target.getPort()))).flux();
    }
    AddressResolverGroup<?> own = client.configuration().resolver();
    if (own != null) {
      return byOwn(own, target).flux();
    }
    if (isOnion(host)) {
      return Flux.error(
          new PeerConnectException(
              Reason.NAME_NOT_RESOLVED,
              "only a proxy of Tor's reaches " + host + ", and none is set by proxy(...)"));
    }
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    return Flux.merge(
            byDns(target, ResolvedAddressTypes.IPV6_ONLY, failures),
            byDns(target, ResolvedAddressTypes.IPV4_ONLY, failures))
        .switchIfEmpty(Mono.defer(() -> firstOf(failures)));
  }

  /**
   * Such a name must not be asked of DNS, where it would give away who is looked for (RFC 7686).
   */
  private static boolean isOnion(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    return name.endsWith(".onion") || name.endsWith(".onion.");
  }

  private static <T> Mono<T> firstOf(Queue<Throwable> failures) {
    return Mono.justOrEmpty(failures.peek()).flatMap(Mono::error);
  }

  /** Does not look anything up: the JDK only parses the text of an IP address. */
  private static InetSocketAddress literal(String address, int port) throws UnknownHostException {
    return Addressed.canonical(new InetSocketAddress(InetAddress.getByName(address), port));
  }

  private Mono<List<InetSocketAddress>> byDns(
      InetSocketAddress target, ResolvedAddressTypes family, Queue<Throwable> failures) {
    return dns.lookup(target.getHostString(), family)
        .map(
            found ->
                found.stream()
                    .map(address -> new InetSocketAddress(address, target.getPort()))
                    .map(Addressed::canonical)
                    .toList())
        .doOnError(failures::add)
        .onErrorComplete();
  }

  @SuppressWarnings("unchecked")
  private static Mono<List<InetSocketAddress>> byOwn(
      AddressResolverGroup<?> own, InetSocketAddress target) {
    AddressResolverGroup<InetSocketAddress> group = (AddressResolverGroup<InetSocketAddress>) own;
    return Mono.defer(
            () ->
                // Netty's address resolvers cannot cancel a lookup.
                Futures.toMono(
                    group.getResolver(TcpResources.get().onClient(true).next()).resolveAll(target),
                    () -> {}))
        .map(found -> found.stream().map(Addressed::canonical).toList());
  }
}
