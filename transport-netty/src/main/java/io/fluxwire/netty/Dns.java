package io.fluxwire.netty;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * Looks names up in the hosts file, which is read anew each time, and in DNS, separately for each
 * address family. Answers of DNS are cached for their TTL, 30 s at most. Thread-safe.
 *
 * <p>All lookups share one socket for each family: with a socket per lookup, names that DNS does
 * not answer would use up all file descriptors. Subscribers that look up the same name at the same
 * time share one lookup, which is cancelled when the last of them has cancelled.
 *
 * <p>Resolvers are replaced after 30 s, and sooner when a lookup has failed: a network that
 * balances by port sends everything from one port to the same name server, even if that is dead.
 * Replaced resolvers are closed when their last lookup is over, so that no socket is open while
 * there are no lookups.
 */
final class Dns {

  private static final Dns SHARED =
      new Dns(
          UnaryOperator.identity(),
          HostsFile.ofSystem(),
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          Schedulers.parallel());

  private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(5);
  private static final int MAX_QUERIES = 16;

  private final UnaryOperator<DnsNameResolverBuilder> customizer;
  private final HostsFile hosts;
  private final Duration lifetime;
  private final Duration minLifetime;
  private final ServiceCache services;

  // What follows is guarded by this.
  private @Nullable Resolvers current;
  private final Map<Question, Lookup> lookups = new HashMap<>();

  private record Question(String host, ResolvedAddressTypes family) {}

  /**
   * With another DNS server, for tests.
   *
   * @param customizer configures the resolvers
   * @param hosts the hosts file, which is asked before DNS
   * @param lifetime how long a resolver is used, and so how long its cache holds an answer at most
   * @param minLifetime how long a resolver is used at least when lookups fail; otherwise each
   *     failure would open a socket
   * @param clock says when the records of a service have to be asked for again
   */
  Dns(
      UnaryOperator<DnsNameResolverBuilder> customizer,
      HostsFile hosts,
      Duration lifetime,
      Duration minLifetime,
      Scheduler clock) {
    this.customizer = customizer;
    this.hosts = hosts;
    this.lifetime = lifetime;
    this.minLifetime = minLifetime;
    this.services = new ServiceCache(clock, lifetime);
  }

  /** The instance that all clients of the process share. */
  static Dns shared() {
    return SHARED;
  }

  /**
   * Looks a name up. Cancelling ends the lookup unless other subscribers share it.
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

  /**
   * Asks DNS for the servers of a service, unless an answer is known that still holds.
   *
   * @param service the name of its SRV records
   * @return emits the servers, in no order, on an event loop or at once; errors when there are none
   */
  Mono<List<ServiceRecord>> services(String service) {
    return Mono.defer(
        () -> {
          List<ServiceRecord> known = services.get(service);
          if (known != null) {
            return Mono.just(known);
          }
          Future<List<DnsRecord>> asked = ask(service);
          Promise<List<ServiceRecord>> answer = ImmediateEventExecutor.INSTANCE.newPromise();
          asked.addListener((FutureListener<List<DnsRecord>>) done -> read(service, done, answer));
          return Futures.toMono(answer, () -> asked.cancel(false));
        });
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the listener tells
  private synchronized Future<List<DnsRecord>> ask(String service) {
    Resolvers resolvers = resolvers();
    Future<List<DnsRecord>> asked =
        resolvers.ipv4.resolveAll(new DefaultDnsQuestion(service, DnsRecordType.SRV));
    resolvers.running++;
    asked.addListener(done -> ended(resolvers, done.isSuccess()));
    return asked;
  }

  /** Also when nobody waits for it any more: the records have to be released. */
  private void read(
      String service, Future<List<DnsRecord>> done, Promise<List<ServiceRecord>> answer) {
    if (!done.isSuccess()) {
      answer.tryFailure(done.cause());
      return;
    }
    List<DnsRecord> records = done.getNow();
    try {
      List<ServiceRecord> servers =
          records.stream()
              .filter(DnsRawRecord.class::isInstance)
              .map(record -> ServiceRecord.read(((DnsRawRecord) record).content()))
              .toList();
      services.put(
          service, servers, records.stream().mapToLong(DnsRecord::timeToLive).min().orElse(0));
      answer.trySuccess(servers);
    } catch (RuntimeException e) {
      // A record that is cut off, or whose name is none.
      answer.tryFailure(e);
    } finally {
      records.forEach(ReferenceCountUtil::release);
    }
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
    ended(lookup.resolvers, wentWell);
  }

  private synchronized void ended(Resolvers resolvers, boolean wentWell) {
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
