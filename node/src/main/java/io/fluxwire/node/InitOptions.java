package io.fluxwire.node;

import io.fluxwire.lightning.FeatureBits;
import io.fluxwire.lightning.InitSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a command's init tells a Lightning node, for all commands that exchange one. */
final class InitOptions {

  /** What LDK, for one, hangs up without. */
  private static final FeatureBits DEFAULT = FeatureBits.of(13);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--features",
      split = ",",
      paramLabel = "BIT",
      description =
          "What this node's init says that it can do, when there is one: the numbers of bits of "
              + "BOLT 9. Default: 13 (option_static_remotekey), since some nodes hang up on "
              + "whoever does not have it.")
  private @Nullable List<Integer> features;

  boolean isGiven() {
    return features != null;
  }

  /**
   * Checks what is given, before anybody is dialled.
   *
   * @param bolt8 without which there is no init
   * @throws ParameterException when it is missing, or when there is no such feature
   */
  void check(Bolt8Option bolt8) {
    bolt8.checkNeededBy(isGiven(), "--features");
    offered();
  }

  /**
   * How to exchange init. Whatever the peer insists on is accepted: these commands open no channel.
   */
  InitSpec init() {
    return InitSpec.create().features(offered()).acceptUnknown();
  }

  private FeatureBits offered() {
    List<Integer> given = features;
    if (given == null) {
      return DEFAULT;
    }
    try {
      return FeatureBits.of(given.stream().mapToInt(Integer::intValue).toArray());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--features: " + e.getMessage());
    }
  }
}
