package io.fluxwire.node;

import picocli.CommandLine.Option;

/** For all commands that a program may run and read. */
final class JsonOption {

  @Option(
      names = "--json",
      description =
          "Tell everything on standard output as lines of JSON, one object each, whose field "
              + "'event' says what it is. docs/command-line.md has them all.")
  private boolean json;

  boolean isGiven() {
    return json;
  }

  /**
   * Decides how the command tells what happens.
   *
   * @param words where a person finds it
   */
  void choose(Main main, Output words) {
    main.narrateBy(json ? Narrator.inJson(main.out()) : Narrator.inWords(words, main.err()));
  }
}
