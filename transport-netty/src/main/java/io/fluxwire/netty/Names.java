package io.fluxwire.netty;

import io.fluxwire.dial.AddressSource;
import io.fluxwire.internal.ForeignSource;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpResources;

/**
 * Makes sources of IP addresses of names: by the client's own resolver, if it has one, else by
 * {@link Dns}, A and AAAA apart, so that one does not wait for the other.
 */
final class Names {

  /** How many names of one list a round looks up. The next round begins with the next one. */
  static final int NAMES = 32;

  private static final int LISTS_AT_ONCE = 4;

  private final Dns dns;

  Names(Dns dns) {
    this.dns = dns;
  }

  /** The addresses of a name, or an address itself. */
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

  /** What another source gives, with addresses in place of the names in it. */
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
          new IllegalStateException("a source gave a list that cannot be read", thrown));
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

  private Flux<List<InetSocketAddress>> addresses(InetSocketAddress target, TcpClient client) {
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
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    return Flux.merge(
            byDns(target, ResolvedAddressTypes.IPV6_ONLY, failures),
            byDns(target, ResolvedAddressTypes.IPV4_ONLY, failures))
        .switchIfEmpty(Mono.defer(() -> firstOf(failures)));
  }

  private static <T> Mono<T> firstOf(Queue<Throwable> failures) {
    return Mono.justOrEmpty(failures.peek()).flatMap(Mono::error);
  }

  /** Asks nobody: of an address the JDK only reads the text. */
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
                // Netty's resolvers of addresses end no lookup early.
                Futures.toMono(
                    group.getResolver(TcpResources.get().onClient(true).next()).resolveAll(target),
                    () -> {}))
        .map(found -> found.stream().map(Addressed::canonical).toList());
  }
}
