package io.fluxwire.node;

import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Whether and how sessions are upgraded, for all commands that have sessions. */
final class UpgradeOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--upgrade",
      paramLabel = "MODE",
      completionCandidates = Modes.class,
      defaultValue = "allowed",
      description =
          "Whether sessions are upgraded, which means faster ciphers, keys that are "
              + "renewed, and an end that nobody on the way can forge. off: never; allowed: "
              + "with each peer that can do it, too; required: a peer that cannot do it is "
              + "refused. Default: ${DEFAULT-VALUE}.")
  private Mode upgrade;

  @Option(
      names = "--post-quantum",
      paramLabel = "MODE",
      completionCandidates = Modes.class,
      defaultValue = "allowed",
      description =
          "Whether the keys of an upgraded session also come from ML-KEM-768, so that "
              + "somebody who records the session today cannot read it with a quantum computer "
              + "later: off, allowed or required, as above. Default: ${DEFAULT-VALUE}.")
  private Mode postQuantum;

  /** For a shell to complete. */
  static final class Modes implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(Mode.values())
          .map(mode -> mode.name().toLowerCase(Locale.ROOT))
          .iterator();
    }
  }

  static Mode mode(String text) {
    for (Mode mode : Mode.values()) {
      if (mode.name().toLowerCase(Locale.ROOT).equals(text)) {
        return mode;
      }
    }
    throw new TypeConversionException("'%s' is not off, allowed or required".formatted(text));
  }

  /** The options again, for another process. */
  List<String> arguments() {
    return List.of(
        "--upgrade",
        upgrade.name().toLowerCase(Locale.ROOT),
        "--post-quantum",
        postQuantum.name().toLowerCase(Locale.ROOT));
  }

  boolean isOff() {
    return upgrade == Mode.OFF;
  }

  boolean isRequired() {
    return upgrade == Mode.REQUIRED;
  }

  boolean isPostQuantumRequired() {
    return postQuantum == Mode.REQUIRED;
  }

  /**
   * What the options ask for.
   *
   * @throws ParameterException when they contradict each other
   */
  UpgradePolicy policy() {
    return policy(null);
  }

  /**
   * As {@link #policy()}.
   *
   * @param keepAlive when to ask whether a silent peer is alive; null for never
   */
  UpgradePolicy policy(@Nullable KeepAlive keepAlive) {
    if (upgrade == Mode.OFF && postQuantum == Mode.REQUIRED) {
      throw needsUpgrade("--post-quantum required");
    }
    if (upgrade == Mode.OFF && keepAlive != null) {
      throw needsUpgrade("--keep-alive");
    }
    UpgradePolicy policy = UpgradePolicy.allowed().mode(upgrade).postQuantum(postQuantum);
    return keepAlive == null ? policy : policy.keepAlive(keepAlive.interval(), keepAlive.timeout());
  }

  private ParameterException needsUpgrade(String option) {
    return new ParameterException(
        spec.commandLine(),
        option + " needs upgraded sessions: leave out --upgrade off, or make it required");
  }
}
