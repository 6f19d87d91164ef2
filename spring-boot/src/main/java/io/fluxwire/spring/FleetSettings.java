package io.fluxwire.spring;

import io.fluxwire.fleet.FleetSpec;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.springframework.core.env.Environment;

/** An instance of a fleet, of properties. */
final class FleetSettings {

  private static final String PREFIX = "fluxwire.fleet.";
  private static final int LONGEST_NAME = 63;

  private FleetSettings() {}

  static FleetSpec spec(FluxwireProperties.Fleet from, Environment environment) {
    String set = from.instance();
    String name = set == null ? hostName(environment) : set;
    return new Settings<>(PREFIX, Settings.read(PREFIX + "instance", name, FleetSpec::of))
        .set("look-again", from.lookAgain(), FleetSpec::lookAgain)
        .set("handover", from.handover(), FleetSpec::handover)
        .set("duplicate-linger", from.duplicateLinger(), FleetSpec::duplicateLinger)
        .set("window", from.window(), FleetSpec::window)
        .set("rules", from.rules(), FleetSpec::rules)
        .set("cached-rows", from.cachedRows(), FleetSpec::cachedRows)
        .set("dial-quorum", from.dialQuorum(), FleetSpec::dialQuorum)
        .set(
            "pending-bytes", from.pendingBytes(), (spec, most) -> spec.pendingBytes(most.toBytes()))
        .built();
  }

  /** The first label of the host's name, which is the pod's in Kubernetes. */
  private static String hostName(Environment environment) {
    String host = environment.getProperty("HOSTNAME", "");
    if (host.isBlank()) {
      try {
        host = InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        // Anything but a name that other instances have, too.
        throw new FluxwireConfigurationException(
            PREFIX + "instance",
            "this host does not know its name, and the instance has none of its own",
            "Set it to a name that no other instance has.",
            e);
      }
    }
    String label = host.split("\\.", 2)[0].replaceAll("[^A-Za-z0-9-]", "-");
    return label.substring(0, Math.min(LONGEST_NAME, label.length()));
  }
}
