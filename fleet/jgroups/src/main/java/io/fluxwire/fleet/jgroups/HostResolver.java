package io.fluxwire.fleet.jgroups;

import io.fluxwire.internal.LogGate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jgroups.Address;
import org.jgroups.protocols.dns.DNSResolver;
import org.jgroups.stack.IpAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks hosts up, each time anew. Blocks, as JGroups expects of it. */
final class HostResolver implements DNSResolver {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.fleet");

  private final List<InetSocketAddress> hosts;
  private final int portRange;
  private final LogGate unknown = new LogGate();

  /**
   * Looks nothing up yet.
   *
   * @param portRange how many ports above that of each host are tried, too
   */
  HostResolver(List<InetSocketAddress> hosts, int portRange) {
    this.hosts = hosts;
    this.portRange = portRange;
  }

  @Override
  public List<Address> resolveIps(String ignoredQuery, DNSRecordType ignoredType) {
    List<Address> found = new ArrayList<>();
    for (InetSocketAddress host : hosts) {
      try {
        for (InetAddress address : InetAddress.getAllByName(host.getHostString())) {
          for (int above = 0; above <= portRange; above++) {
            found.add(new IpAddress(address, host.getPort() + above));
          }
        }
      } catch (UnknownHostException e) {
        unknown.tell(
            count ->
                LOG.warn(
                    "no address for {}, at which instances of the fleet are looked for: check the"
                        + " name; {} such failures",
                    host.getHostString(),
                    count));
      }
    }
    return found;
  }
}
