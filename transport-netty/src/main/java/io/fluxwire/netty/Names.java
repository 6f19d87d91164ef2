package io.fluxwire.netty;

import io.fluxwire.dial.AddressSource;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpResources;
import reactor.netty.transport.NameResolverProvider;

/**
 * Resolves names by the hosts file and DNS, A and AAAA apart, so that one does not wait for the
 * other. Answers are cached for their TTL, 30 s at most. A socket is open only while a query runs,
 * so there is nothing to close.
 */
final class Names {

  private static final Duration MAX_TTL = Duration.ofSeconds(30);
  private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(5);

  private final UnaryOperator<DnsNameResolverBuilder> dns;
  private @Nullable AddressResolverGroup<InetSocketAddress> ipv6;
  private @Nullable AddressResolverGroup<InetSocketAddress> ipv4;

  Names() {
    this(UnaryOperator.identity());
  }

  /**
   * With DNS of one's own, for tests.
   *
   * @param dns changes how questions are asked
   */
  Names(UnaryOperator<DnsNameResolverBuilder> dns) {
    this.dns = dns;
  }

  AddressSource source(InetSocketAddress target, TcpClient client) {
    return new AddressSource() {
      @Override
      public Flux<List<InetSocketAddress>> addresses() {
        return Flux.defer(() -> Names.this.addresses(target, client));
      }

      @Override
      public String toString() {
        return target.getHostString() + ":" + target.getPort();
      }
    };
  }

  @SuppressWarnings("unchecked")
  private Flux<List<InetSocketAddress>> addresses(InetSocketAddress target, TcpClient client) {
    if (!target.isUnresolved()) {
      return Flux.just(List.of(target));
    }
    String host = target.getHostString();
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      return Mono.fromCallable(() -> List.of(literal(host, target.getPort()))).flux();
    }
    AddressResolverGroup<? extends SocketAddress> own = client.configuration().resolver();
    if (own != null) {
      return resolve((AddressResolverGroup<InetSocketAddress>) own, target).flux();
    }
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    return Flux.merge(
            resolve(ipv6(), target).doOnError(failures::add).onErrorComplete(),
            resolve(ipv4(), target).doOnError(failures::add).onErrorComplete())
        .switchIfEmpty(Mono.defer(() -> Mono.justOrEmpty(failures.peek()).flatMap(Mono::error)));
  }

  /** Asks nobody: of an address the JDK only reads the text. */
  private static InetSocketAddress literal(String address, int port) throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(address), port);
  }

  private synchronized AddressResolverGroup<InetSocketAddress> ipv6() {
    AddressResolverGroup<InetSocketAddress> group = ipv6;
    if (group == null) {
      group = group(ResolvedAddressTypes.IPV6_ONLY);
      ipv6 = group;
    }
    return group;
  }

  private synchronized AddressResolverGroup<InetSocketAddress> ipv4() {
    AddressResolverGroup<InetSocketAddress> group = ipv4;
    if (group == null) {
      group = group(ResolvedAddressTypes.IPV4_ONLY);
      ipv4 = group;
    }
    return group;
  }

  private AddressResolverGroup<InetSocketAddress> group(ResolvedAddressTypes family) {
    return NameResolverProvider.builder()
        .resolvedAddressTypes(family)
        .cacheMaxTimeToLive(MAX_TTL)
        .queryTimeout(QUERY_TIMEOUT)
        .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
        .dnsAddressResolverGroupProvider(builder -> new DnsAddressResolverGroup(dns.apply(builder)))
        .build()
        .newNameResolverGroup(TcpResources.get(), true);
  }

  private static Mono<List<InetSocketAddress>> resolve(
      AddressResolverGroup<InetSocketAddress> group, InetSocketAddress target) {
    return Mono.create(
        sink ->
            group
                .getResolver(TcpResources.get().onClient(true).next())
                .resolveAll(target)
                .addListener(
                    (Future<List<InetSocketAddress>> done) -> {
                      if (done.isSuccess()) {
                        sink.success(done.getNow());
                      } else {
                        sink.error(done.cause());
                      }
                    }));
  }
}
