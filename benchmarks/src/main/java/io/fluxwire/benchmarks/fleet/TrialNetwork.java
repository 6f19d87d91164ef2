package io.fluxwire.benchmarks.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the processes of a trial are: each instance in a network namespace of its own, with one
 * interface for peers and one for the engine, so that one of the two can be cut. Where there are no
 * namespaces, all of them are on loopback, and nothing can be cut.
 */
final class TrialNetwork {

  /** Set by {@code fluxwire-bench}, which has made a namespace for the whole trial. */
  private static final String OWN_NAMESPACE = "FLUXWIRE_BENCH_NAMESPACE";

  private static final int PEERS = 1;
  private static final int ENGINE = 2;

  private final boolean namespaces = System.getenv(OWN_NAMESPACE) != null;

  TrialNetwork() {
    if (namespaces) {
      for (int plane : List.of(PEERS, ENGINE)) {
        ip("link add br%d type bridge", plane);
        ip("addr add %s/24 dev br%d", address(plane, 1), plane);
        ip("link set br%d up", plane);
      }
    }
  }

  boolean canCut() {
    return namespaces;
  }

  /** Makes the place of an instance. */
  void add(int instance) {
    if (!namespaces) {
      return;
    }
    ip("netns add i%d", instance);
    ip("-n i%d link set lo up", instance);
    for (int plane : List.of(PEERS, ENGINE)) {
      ip("link add b%d%d type veth peer name v%d%d", plane, instance, plane, instance);
      ip("link set v%d%d netns i%d", plane, instance, instance);
      ip("link set b%d%d master br%d up", plane, instance, plane);
      ip(
          "-n i%d addr add %s/24 dev v%d%d",
          instance, address(plane, 10 + instance), plane, instance);
      ip("-n i%d link set v%d%d up", instance, plane, instance);
    }
  }

  /** What comes before a command to run it at the place of an instance. */
  List<String> at(int instance) {
    return namespaces
        ? new ArrayList<>(List.of("ip", "netns", "exec", "i" + instance))
        : new ArrayList<>();
  }

  /** Cuts an instance off from the engine and the other instances, but not from peers. */
  void cut(int instance) {
    ip("link set b%d%d down", ENGINE, instance);
  }

  void heal(int instance) {
    ip("link set b%d%d up", ENGINE, instance);
  }

  /** Where an engine's server listens. */
  String server() {
    return namespaces ? address(ENGINE, 1) : loopback();
  }

  /** Where peers listen that instances dial. */
  String peers() {
    return namespaces ? address(PEERS, 1) : loopback();
  }

  String forPeers(int instance) {
    return namespaces ? address(PEERS, 10 + instance) : loopback();
  }

  String forEngine(int instance) {
    return namespaces ? address(ENGINE, 10 + instance) : loopback();
  }

  private static String loopback() {
    return "127.0.0.1";
  }

  private static String address(int plane, int host) {
    return "10.77.%d.%d".formatted(plane, host);
  }

  private static void ip(String command, Object... values) {
    List<String> words = new ArrayList<>(List.of("ip"));
    words.addAll(List.of(command.formatted(values).split(" ")));
    try {
      Process ip = new ProcessBuilder(words).redirectErrorStream(true).start();
      String said = new String(ip.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (ip.onExit().join().exitValue() != 0) {
        throw new IllegalStateException(String.join(" ", words) + ": " + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
