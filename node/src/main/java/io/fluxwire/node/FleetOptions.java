package io.fluxwire.node;

import io.fluxwire.fleet.FleetSpec;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How an instance takes part in a fleet, beside by which engine. */
final class FleetOptions {

  private static final int LONGEST_NAME = 63;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--fleet-name",
      paramLabel = "NAME",
      defaultValue = "fluxwire",
      description =
          "The fleet's name, for those who share an engine's server. Default: ${DEFAULT-VALUE}.")
  private String fleet;

  @Option(
      names = "--fleet-port",
      paramLabel = "PORT",
      defaultValue = "7800",
      description =
          "With jgroups: the port to listen on for the other instances. Default: "
              + "${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--fleet-host",
      paramLabel = "ADDRESS",
      description =
          "With jgroups: this machine's address by which the other instances reach it, such as "
              + "127.0.0.1 where all are on it. Default: a private address (10.x, 172.16.x to "
              + "172.31.x, 192.168.x).")
  private @Nullable InetAddress host;

  @Option(
      names = "--fleet-password",
      paramLabel = "FILE",
      description = "The file with the password of the server's USER in its first line.")
  private @Nullable Path password;

  @Option(
      names = "--instance",
      paramLabel = "NAME",
      description =
          "This instance's name, another one for each: letters, digits and hyphens. Default: the "
              + "name of this host.")
  private @Nullable String instance;

  /**
   * The engine.
   *
   * @throws ParameterException when the options do not go together
   */
  FleetEngine engine(FleetEngineAddress address, NodeKey key) throws IOException {
    Path file = password;
    if (address.hasUser() != (file != null)) {
      throw new ParameterException(
          spec.commandLine(),
          "--fleet-password FILE goes with a USER of the server, and needs one");
    }
    if (port < 1 || port > 65_535) {
      throw new ParameterException(spec.commandLine(), "--fleet-port is 1 to 65535, not " + port);
    }
    String secret = file == null ? null : Files.readString(file).lines().findFirst().orElse("");
    try {
      return address.engine(new FleetEngineAddress.Instance(fleet, key, host, port, secret));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * The settings of the instance.
   *
   * @throws ParameterException when its name cannot be one
   */
  FleetSpec spec() {
    try {
      return FleetSpec.of(InstanceId.random(name()));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--instance: " + e.getMessage(), e);
    }
  }

  private String name() {
    return instance == null ? hostName() : instance;
  }

  /** The first label of the host's name, without what an instance's name cannot have. */
  private static String hostName() {
    String host = System.getenv("HOSTNAME");
    if (host == null || host.isBlank()) {
      try {
        host = InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        return "instance";
      }
    }
    String label = host.split("\\.", 2)[0].replaceAll("[^A-Za-z0-9-]", "-");
    return label.isEmpty()
        ? "instance"
        : label.substring(0, Math.min(LONGEST_NAME, label.length()));
  }
}
