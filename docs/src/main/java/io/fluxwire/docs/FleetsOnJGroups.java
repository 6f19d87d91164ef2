package io.fluxwire.docs;

import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.jgroups.Discovery;
import io.fluxwire.fleet.jgroups.JGroupsEngine;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import javax.sql.DataSource;

/** What the page on engines shows of JGroups. */
final class FleetsOnJGroups {

  private FleetsOnJGroups() {}

  static FleetEngine onKubernetes(NodeKey nodeKey) {
    return JGroupsEngine.builder("shop", nodeKey, Discovery.dns("shop-fleet.default.svc")).build();
  }

  static FleetEngine onThreeMachines(InetAddress address) throws IOException {
    NodeKey fleetKey = NodeKey.load(Path.of("/etc/shop/fleet.key"));
    Discovery machines =
        Discovery.hosts(
            InetSocketAddress.createUnresolved("shop1.example.net", 7800),
            InetSocketAddress.createUnresolved("shop2.example.net", 7800),
            InetSocketAddress.createUnresolved("shop3.example.net", 7800));
    return JGroupsEngine.builder("shop", fleetKey, machines).bind(address).build();
  }

  static FleetEngine byDatabase(NodeKey nodeKey, DataSource database) {
    return JGroupsEngine.builder("shop", nodeKey, Discovery.database(database)).build();
  }
}
