package io.fluxwire.node;

import io.fluxwire.handshake.Dialect;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which dialect a command speaks, for all commands that have sessions with a peer of choice. */
final class Bolt8Option {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--bolt8",
      description =
          "Speak BOLT 8, as the Lightning nodes of today do, instead of version 3. It has "
              + "neither upgraded sessions nor channels.")
  private boolean bolt8;

  boolean isGiven() {
    return bolt8;
  }

  Dialect dialect() {
    return bolt8 ? Dialect.BOLT8 : Dialect.V3;
  }

  /**
   * Checks that nobody insists on what BOLT 8 does not have.
   *
   * @throws ParameterException when somebody does
   */
  void check(UpgradeOptions upgrade) {
    checkWithout(upgrade.isRequired(), "--upgrade required");
    checkWithout(upgrade.isPostQuantumRequired(), "--post-quantum required");
  }

  /**
   * Checks that an option is not given together with this one.
   *
   * @param given whether it is
   * @param option what needs upgraded sessions
   * @throws ParameterException when both are
   */
  void checkWithout(boolean given, String option) {
    if (bolt8 && given) {
      throw new ParameterException(
          spec.commandLine(),
          option + " needs upgraded sessions, which BOLT 8 does not have: leave out one of them");
    }
  }

  /**
   * Checks that the peer's id is given if this option is, since the handshake of BOLT 8 cannot
   * begin without it.
   *
   * @param hasId whether it is given
   * @param ways how to give it, for the message
   * @throws ParameterException when there is none, and this option is given
   */
  void checkHasPeer(boolean hasId, String ways) {
    if (bolt8 && !hasId) {
      throw new ParameterException(
          spec.commandLine(), "--bolt8 needs the id of the node to dial: " + ways);
    }
  }

  /**
   * Checks that this option is given if another one is, which says something only with it.
   *
   * @param given whether it is
   * @param option the other one
   * @throws ParameterException when this one is missing
   */
  void checkNeededBy(boolean given, String option) {
    if (given && !bolt8) {
      throw new ParameterException(
          spec.commandLine(), option + " is about Lightning nodes: add --bolt8");
    }
  }
}
