package io.fluxwire.fleet.jgroups;

import io.fluxwire.NodeIdentity;
import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.EngineListener;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.InstanceId;
import java.net.InetAddress;
import java.util.Objects;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;

/**
 * The engine that needs nothing beside the instances: they find each other ({@link Discovery}),
 * keep connections among themselves, and each of them knows all that the others hold. It is JGroups
 * within this process.
 *
 * <p>The instances speak TLS 1.3 with each other, and each shows that it has the fleet's key. Who
 * comes to the port without it learns nothing, is closed at once and logged. The key is the node's
 * own, which all instances of a node have; or another {@link io.fluxwire.identity.NodeKey}, whose
 * file all of them get. An identity that only signs cannot be used.
 *
 * <p>An instance that is killed is no member after 5 seconds; one that stands still, or is cut off,
 * after 15 seconds. When it is back it is a member again, with all that it holds, within 20
 * seconds.
 *
 * <p>It blocks no thread of its caller, and calls the listener on threads of its own. It starts
 * some 10 threads for an instance, and 3 for each other instance.
 */
public final class JGroupsEngine implements FleetEngine {

  /** Where an instance listens by default: port 7800. */
  public static final int DEFAULT_PORT = 7_800;

  /** How large a message may be: 1 MiB. */
  public static final int MAX_MESSAGE = 1 << 20;

  private final EngineConfig config;

  private JGroupsEngine(EngineConfig config) {
    this.config = config;
  }

  /**
   * Begins an engine.
   *
   * @param fleet the fleet's name: 1 to 63 letters of ASCII, digits, hyphens and dots. Instances of
   *     other fleets may have the same key, and are not seen
   * @param key the key that all instances have. It is used with each joining; {@link
   *     NodeIdentity#agree} has to work. It is never sent or logged
   * @param discovery how the instances find each other
   * @return a builder
   * @throws IllegalArgumentException when the name has another form
   */
  public static Builder builder(String fleet, NodeIdentity key, Discovery discovery) {
    return new Builder(fleet, key, discovery);
  }

  @Override
  public Mono<EngineLink> join(InstanceId self, EngineListener listener) {
    Objects.requireNonNull(self, "self");
    Objects.requireNonNull(listener, "listener");
    return Joining.join(config, self, listener);
  }

  /** Shows the fleet and where it listens. */
  @Override
  public String toString() {
    return "JGroupsEngine[fleet=" + config.fleet() + ", port=" + config.port() + "]";
  }

  /** Sets an engine up. Immutable: each method returns another builder. */
  public static final class Builder {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9.-]{1,63}");
    private static final int MAX_PORT = 65_535;

    private final EngineConfig config;

    private Builder(String fleet, NodeIdentity key, Discovery discovery) {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(discovery, "discovery");
      if (!NAME.matcher(fleet).matches()) {
        throw new IllegalArgumentException(
            "not the name of a fleet: '%s'; 1 to 63 letters of ASCII, digits, hyphens and dots"
                .formatted(fleet));
      }
      this.config = new EngineConfig(fleet, key, discovery, null, DEFAULT_PORT, 0);
    }

    private Builder(EngineConfig config) {
      this.config = config;
    }

    /**
     * The address to listen at, and to connect from: the one by which the other instances reach
     * this one. By default JGroups takes a private address of this machine (10.x, 172.16.x to
     * 172.31.x, 192.168.x), as a pod has one.
     *
     * @param address an address of this machine, not a wildcard
     * @return another builder
     * @throws IllegalArgumentException when it is a wildcard
     */
    public Builder bind(InetAddress address) {
      if (address.isAnyLocalAddress()) {
        throw new IllegalArgumentException(
            "the others cannot reach a wildcard address: give the one that they know");
      }
      return new Builder(
          new EngineConfig(
              config.fleet(),
              config.key(),
              config.discovery(),
              address,
              config.port(),
              config.portRange()));
    }

    /**
     * The port to listen at; the default is {@value JGroupsEngine#DEFAULT_PORT}.
     *
     * @param port 1 to 65535
     * @return another builder
     * @throws IllegalArgumentException when it is no such number
     */
    public Builder port(int port) {
      return ports(port, 0);
    }

    /**
     * The ports to listen at, for several instances on one machine: each takes the first that is
     * free.
     *
     * @param port the first one, 1 to 65535
     * @param above how many above it are tried, too, 0 to 100
     * @return another builder
     * @throws IllegalArgumentException when the numbers are out of these ranges
     */
    public Builder ports(int port, int above) {
      if (port < 1 || above < 0 || above > 100 || port + above > MAX_PORT) {
        throw new IllegalArgumentException(
            "no ports to listen at: %d and %d above it".formatted(port, above));
      }
      return new Builder(
          new EngineConfig(
              config.fleet(), config.key(), config.discovery(), config.bind(), port, above));
    }

    /**
     * The engine.
     *
     * @return the engine
     */
    public JGroupsEngine build() {
      return new JGroupsEngine(config);
    }
  }
}
