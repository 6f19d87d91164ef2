package io.fluxwire.fleet.jgroups;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jgroups.protocols.JDBC_PING2;
import org.jgroups.protocols.dns.DNSResolver;
import org.jgroups.protocols.dns.DNS_PING;
import org.jgroups.stack.Protocol;

/**
 * How an instance finds the others when it starts, and again after the network was cut. What it
 * finds this way are only addresses: whoever answers there has to show the fleet's key.
 */
public final class Discovery {

  private final Way way;

  private Discovery(Way way) {
    this.way = way;
  }

  /** Makes the protocol that finds. */
  private interface Way {

    Protocol protocol(int port, int portRange);
  }

  /**
   * By a name whose addresses are those of the instances, such as that of a headless service of
   * Kubernetes, which has to publish addresses that are not ready. All instances have the same
   * port, that of this one. The name is looked up anew each time, by the system's resolver, whose
   * answers a JVM keeps for some time.
   *
   * @param name the name, such as {@code shop-fleet.default.svc.cluster.local}
   * @return the discovery
   */
  public static Discovery dns(String name) {
    Objects.requireNonNull(name, "name");
    return new Discovery(
        (port, range) -> ping(List.of(InetSocketAddress.createUnresolved(name, port)), range));
  }

  /**
   * By a list of addresses, which should be all of them. Names are looked up anew each time.
   *
   * @param hosts where instances may be; best unresolved ({@link
   *     InetSocketAddress#createUnresolved}). That of this instance may be among them
   * @return the discovery
   * @throws IllegalArgumentException when there is none
   */
  public static Discovery hosts(InetSocketAddress... hosts) {
    List<InetSocketAddress> all = List.copyOf(Arrays.asList(hosts));
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no host to look for other instances at");
    }
    return new Discovery((port, range) -> ping(all, 0));
  }

  /**
   * By a table of a database in which the instances write their addresses. The table is called
   * {@code jgroups} and is made when there is none. A database that is away keeps nobody from
   * joining: instances that do not find each other come together when it is back.
   *
   * @param database gives connections, on threads that may block
   * @return the discovery
   */
  public static Discovery database(DataSource database) {
    Objects.requireNonNull(database, "database");
    return new Discovery((port, range) -> new JDBC_PING2().setDataSource(database));
  }

  Protocol protocol(int port, int portRange) {
    return way.protocol(port, portRange);
  }

  /** JGroups' other protocol for lists looks names up once, when the instance starts. */
  private static Protocol ping(List<InetSocketAddress> hosts, int portRange) {
    return new DNS_PING()
        .dnsResolver(new HostResolver(hosts, portRange))
        .dnsRecordType(DNSResolver.DNSRecordType.SRV.name())
        .dnsQuery("the fleet");
  }
}
