package io.fluxwire.spring;

import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/** Who this node is, and where it listens. */
record FluxwireInfo(NodeBeans beans) implements InfoContributor {

  @Override
  public void contribute(Info.Builder builder) {
    Map<String, Object> addresses = new TreeMap<>();
    Map<String, Object> ids = new TreeMap<>();
    beans
        .servers()
        .forEach(
            (name, server) -> {
              if (server.isRunning()) {
                addresses.put(name, FluxwireSessions.address(server.server().address()));
              }
            });
    beans.identities().forEach((name, identity) -> ids.put(name, identity.id().toString()));
    builder.withDetail(
        "fluxwire", Map.of("version", Version.TEXT, "nodes", ids, "addresses", addresses));
  }
}
