package io.fluxwire.node;

import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.jgroups.Discovery;
import io.fluxwire.fleet.jgroups.JGroupsEngine;
import io.fluxwire.fleet.nats.NatsEngine;
import io.fluxwire.fleet.redis.RedisEngine;
import io.fluxwire.identity.NodeKey;
import io.lettuce.core.RedisURI;
import io.nats.client.Options;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.TypeConversionException;

/** An engine of fleets, and where it is, or where the other instances are. */
sealed interface FleetEngineAddress {

  /** The forms, as help and errors name them. */
  String FORMS =
      "jgroups:dns:NAME, jgroups:HOST:PORT[,HOST:PORT]..., redis://[USER@]HOST[:PORT] or "
          + "nats://[USER@]HOST[:PORT]";

  /**
   * How an instance takes part, by whichever engine.
   *
   * @param fleet the fleet's name
   * @param key the node's key, by which instances know each other where no server does
   * @param host the address to listen on for the others; null for a private one of this machine
   * @param port where an instance listens for others, where no server is between them
   * @param password for the user at the server; null for none
   */
  record Instance(
      String fleet, NodeKey key, @Nullable InetAddress host, int port, @Nullable String password) {

    private FleetEngine on(Discovery discovery) {
      JGroupsEngine.Builder engine = JGroupsEngine.builder(fleet, key, discovery).port(port);
      return (host == null ? engine : engine.bind(host)).build();
    }
  }

  /** The engine. */
  FleetEngine engine(Instance instance);

  /** Reads the value of an option. */
  static FleetEngineAddress parse(String text) {
    int colon = text.indexOf(':');
    String kind = colon < 0 ? "" : text.substring(0, colon);
    return switch (kind) {
      case "jgroups" -> jgroups(text, text.substring(colon + 1));
      case "redis", "rediss" -> new OnRedis(server(text));
      case "nats", "tls" -> new OnNats(server(text));
      default -> throw wrong(text);
    };
  }

  private static TypeConversionException wrong(String text) {
    return new TypeConversionException("'%s' is not %s".formatted(text, FORMS));
  }

  private static FleetEngineAddress jgroups(String text, String where) {
    if (where.startsWith("dns:")) {
      return new ByDns(where.substring("dns:".length()));
    }
    List<InetSocketAddress> hosts =
        Arrays.stream(where.split(",", -1)).map(host -> host(text, host)).toList();
    return new ByHosts(hosts);
  }

  private static InetSocketAddress host(String text, String host) {
    try {
      return HostAndPort.parse(host);
    } catch (TypeConversionException e) {
      throw wrong(text);
    }
  }

  private static URI server(String text) {
    try {
      URI uri = new URI(text);
      if (uri.getHost() == null) {
        throw wrong(text);
      }
      if (uri.getUserInfo() != null && uri.getUserInfo().indexOf(':') >= 0) {
        throw new TypeConversionException(
            "a password on the command line is seen by all users: --fleet-password FILE takes it");
      }
      return uri;
    } catch (URISyntaxException e) {
      throw wrong(text);
    }
  }

  /** Whether a user is named, who has a password. */
  default boolean hasUser() {
    return false;
  }

  /** Instances that a name of DNS has the addresses of. */
  record ByDns(String name) implements FleetEngineAddress {
    @Override
    public FleetEngine engine(Instance instance) {
      return instance.on(Discovery.dns(name));
    }
  }

  /** Instances at known places, which may be ports of one machine. */
  record ByHosts(List<InetSocketAddress> hosts) implements FleetEngineAddress {
    @Override
    public FleetEngine engine(Instance instance) {
      return instance.on(Discovery.hosts(hosts.toArray(InetSocketAddress[]::new)));
    }
  }

  /** Instances that meet in a Redis. */
  record OnRedis(URI server) implements FleetEngineAddress {
    @Override
    public FleetEngine engine(Instance instance) {
      RedisURI uri = RedisURI.create(server);
      String password = instance.password();
      String user = server.getUserInfo();
      if (user != null && password != null) {
        RedisURI.Builder authenticated =
            RedisURI.builder(uri).withAuthentication(user, password.toCharArray());
        uri = authenticated.build();
      }
      return RedisEngine.builder(uri, instance.fleet()).build();
    }

    @Override
    public boolean hasUser() {
      return server.getUserInfo() != null;
    }
  }

  /** Instances that meet in NATS. */
  record OnNats(URI server) implements FleetEngineAddress {
    @Override
    public FleetEngine engine(Instance instance) {
      String password = instance.password();
      String user = server.getUserInfo();
      Options.Builder options =
          Options.builder()
              .server(
                  "%s://%s:%d"
                      .formatted(
                          server.getScheme(),
                          server.getHost(),
                          server.getPort() < 0 ? Options.DEFAULT_PORT : server.getPort()));
      if (user != null && password != null) {
        options.userInfo(user.toCharArray(), password.toCharArray());
      }
      return NatsEngine.builder(options.build(), instance.fleet()).build();
    }

    @Override
    public boolean hasUser() {
      return server.getUserInfo() != null;
    }
  }
}
