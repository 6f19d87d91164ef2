package io.fluxwire.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the manual pages of the packages: one of each command that the help shows. */
@Command(name = "man-pages", hidden = true, description = "Write the manual pages to a folder.")
final class ManPagesCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--date",
      required = true,
      paramLabel = "INSTANT",
      description = "The day that stands on the pages, so that two builds write the same.")
  private Instant date;

  @Parameters(paramLabel = "FOLDER", description = "The folder, which is made if need be.")
  private Path folder;

  @Override
  public Integer call() throws IOException {
    CommandLine root = spec.root().commandLine();
    String version = root.getCommandSpec().version()[0];
    List<CommandLine> commands = new ArrayList<>(ManPage.shown(root));
    commands.add(root);
    Files.createDirectories(folder);
    for (CommandLine command : commands) {
      String day = date.atOffset(ZoneOffset.UTC).toLocalDate().toString();
      Files.writeString(
          folder.resolve(ManPage.name(command) + ".1"), ManPage.of(command, day, version));
    }
    return 0;
  }
}
