package io.fluxwire.node;

import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.record.ChannelFrame;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lines over a channel, which outlives connections and processes. */
final class ChannelOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--channel",
      paramLabel = "NAME",
      description =
          "Send lines over a channel of this name. They are stored before they go, and "
              + "are sent again over the next connection until the other side has printed them, "
              + "whichever side breaks off or is started again. Needs --store, --key and the "
              + "peer's id. Both sides give the same name.")
  private @Nullable String name;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description =
          "The directory where the channel keeps what the other side does not have yet; "
              + "it is made if it is not there. It has to be on a local disk and is not "
              + "encrypted. Never copy it, and never put an old copy back.")
  private @Nullable Path directory;

  boolean isGiven() {
    return name != null;
  }

  /**
   * Checks that a channel has what it needs.
   *
   * @param key this node's
   * @param upgrade of its sessions
   * @param peer how often the peer's id is given
   * @param peerOption what gives it
   * @throws ParameterException when something is missing
   */
  void check(KeyOptions key, UpgradeOptions upgrade, int peer, String peerOption) {
    if (name == null) {
      if (directory != null) {
        throw wrong("--store is where a channel is kept: add --channel NAME");
      }
      return;
    }
    if (directory == null) {
      throw wrong("--channel needs --store DIR: a directory that keeps what is not delivered yet");
    }
    if (!key.isGiven()) {
      throw wrong(
          "--channel needs --key FILE (keygen makes one): the channel is this node's, which with a"
              + " throw-away key is another one each time");
    }
    if (peer != 1) {
      throw wrong("--channel needs %s, once: it is with one node".formatted(peerOption));
    }
    if (upgrade.isOff()) {
      throw wrong("--channel needs upgraded sessions: leave out --upgrade off");
    }
    try {
      ChannelFrame.requireName(name);
    } catch (IllegalArgumentException e) {
      throw wrong("--channel: " + e.getMessage());
    }
  }

  /**
   * Checks that standard output is the channel's, if there is one.
   *
   * @throws ParameterException when it is not
   */
  void checkWithout(JsonOption json) {
    if (isGiven() && json.isGiven()) {
      throw wrong("--channel prints the peer's lines and nothing else: leave out --json");
    }
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  String name() {
    return Objects.requireNonNull(name);
  }

  /** The store; touches no disk yet. */
  ChannelStore store() {
    return DiskChannelStore.create(Objects.requireNonNull(directory));
  }
}
