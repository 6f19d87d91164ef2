package io.fluxwire.netty;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * Looks names up by the hosts file, anew each time, and DNS, each family by itself. Answers of DNS
 * are cached for their TTL, 30 s at most. Thread-safe.
 *
 * <p>However many names are looked up, they share one socket for each family: with a socket each,
 * names that DNS does not answer would take all descriptors. Those who look up the same name at the
 * same time share one lookup, which ends when the last of them has gone.
 *
 * <p>Resolvers are replaced after 30 s, and sooner when a lookup has failed, since a network that
 * forwards by port sends what comes from one port to the same name server, be that dead or not.
 * They are closed when their last lookup is over, so that nothing is open while nobody asks.
 */
final class Dns {

  private static final Dns SHARED =
      new Dns(
          UnaryOperator.identity(),
          HostsFile.ofSystem(),
          Duration.ofSeconds(30),
          Duration.ofSeconds(5));

  private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(5);
  private static final int MAX_QUERIES = 16;

  private final UnaryOperator<DnsNameResolverBuilder> customizer;
  private final HostsFile hosts;
  private final Duration lifetime;
  private final Duration minLifetime;

  // What follows is guarded by this.
  private @Nullable Resolvers current;
  private final Map<Question, Lookup> lookups = new HashMap<>();

  private record Question(String host, ResolvedAddressTypes family) {}

  /**
   * With DNS of one's own, for tests.
   *
   * @param customizer changes how questions are asked
   * @param hosts asked before DNS
   * @param lifetime how long resolvers serve, and so how long their caches hold an answer at most
   * @param minLifetime how long they serve when lookups fail: each failure would open a socket
   */
  Dns(
      UnaryOperator<DnsNameResolverBuilder> customizer,
      HostsFile hosts,
      Duration lifetime,
      Duration minLifetime) {
    this.customizer = customizer;
    this.hosts = hosts;
    this.lifetime = lifetime;
    this.minLifetime = minLifetime;
  }

  /** The process's, for all clients. */
  static Dns shared() {
    return SHARED;
  }

  /**
   * Looks a name up. Cancelling takes the question back, unless others ask it as well.
   *
   * @param host the name
   * @param family one of the {@code ONLY} ones
   * @return emits the addresses: those of the hosts file, on a thread that may block, or else those
   *     of DNS, on an event loop; errors when there are none
   */
  Mono<List<InetAddress>> lookup(String host, ResolvedAddressTypes family) {
    return Mono.fromCallable(() -> hosts.addresses(host, family))
        .subscribeOn(Schedulers.boundedElastic())
        .filter(found -> !found.isEmpty())
        .switchIfEmpty(byDns(host, family));
  }

  private Mono<List<InetAddress>> byDns(String host, ResolvedAddressTypes family) {
    return Mono.defer(
        () -> {
          Lookup lookup = join(new Question(host, family));
          return Futures.toMono(lookup.answer, () -> leave(lookup));
        });
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the listener tells
  private synchronized Lookup join(Question question) {
    Lookup known = lookups.get(question);
    if (known != null) {
      known.subscribers++;
      return known;
    }
    Resolvers resolvers = resolvers();
    Lookup lookup =
        new Lookup(question, resolvers, resolvers.of(question).resolveAll(question.host));
    resolvers.running++;
    lookups.put(question, lookup);
    lookup.answer.addListener(
        (FutureListener<List<InetAddress>>) done -> ended(lookup, done.isSuccess()));
    return lookup;
  }

  private void leave(Lookup lookup) {
    synchronized (this) {
      lookup.subscribers--;
      if (lookup.subscribers > 0 || !lookups.remove(lookup.question, lookup)) {
        return;
      }
    }
    lookup.answer.cancel(false);
  }

  private synchronized void ended(Lookup lookup, boolean wentWell) {
    lookups.remove(lookup.question, lookup);
    Resolvers resolvers = lookup.resolvers;
    resolvers.running--;
    if (!wentWell && System.nanoTime() - resolvers.born >= minLifetime.toNanos()) {
      retire(resolvers);
    }
    resolvers.closeIfDone();
  }

  @SuppressWarnings("FutureReturnValueIgnored") // never cancelled
  private Resolvers resolvers() {
    Resolvers known = current;
    if (known != null && !known.loop.isShuttingDown()) {
      return known;
    }
    Resolvers next = new Resolvers();
    current = next;
    next.loop.schedule(() -> retire(next), lifetime.toNanos(), TimeUnit.NANOSECONDS);
    return next;
  }

  private synchronized void retire(Resolvers resolvers) {
    if (current == resolvers) {
      current = null;
    }
    resolvers.retired = true;
    resolvers.closeIfDone();
  }

  /** Some subscribers' lookup of one name. */
  private static final class Lookup {

    private final Question question;
    private final Resolvers resolvers;
    private final Future<List<InetAddress>> answer;
    private int subscribers = 1;

    Lookup(Question question, Resolvers resolvers, Future<List<InetAddress>> answer) {
      this.question = question;
      this.resolvers = resolvers;
      this.answer = answer;
    }
  }

  /** One for each family, on one event loop. */
  private final class Resolvers {

    private final long born = System.nanoTime();
    private final EventLoop loop;
    private final DnsNameResolver ipv6;
    private final DnsNameResolver ipv4;
    private int running;
    private boolean retired;

    Resolvers() {
      LoopResources resources = TcpResources.get();
      EventLoopGroup group = resources.onClient(true);
      this.loop = group.next();
      this.ipv6 = resolver(resources, group, ResolvedAddressTypes.IPV6_ONLY);
      this.ipv4 = resolver(resources, group, ResolvedAddressTypes.IPV4_ONLY);
    }

    private DnsNameResolver resolver(
        LoopResources resources, EventLoopGroup group, ResolvedAddressTypes family) {
      return customizer
          .apply(
              new DnsNameResolverBuilder(loop)
                  .datagramChannelFactory(() -> resources.onChannel(DatagramChannel.class, group))
                  .socketChannelFactory(() -> resources.onChannel(SocketChannel.class, group))
                  .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolver)
                  .resolvedAddressTypes(family)
                  .hostsFileEntriesResolver((name, types) -> null)
                  .completeOncePreferredResolved(true)
                  .ttl(0, (int) lifetime.toSeconds())
                  .queryTimeoutMillis(QUERY_TIMEOUT.toMillis())
                  .maxQueriesPerResolve(MAX_QUERIES))
          .build();
    }

    DnsNameResolver of(Question question) {
      return question.family == ResolvedAddressTypes.IPV6_ONLY ? ipv6 : ipv4;
    }

    void closeIfDone() {
      if (retired && running == 0) {
        ipv6.close();
        ipv4.close();
      }
    }
  }
}
