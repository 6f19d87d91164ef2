package io.fluxwire.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whether a terminal acts on what is written. */
final class Terminal {

  /** What the launcher found out by {@code test -t}. */
  private static final String TOLD = "fluxwire.terminal";

  private static final int TYPE_OF_FILE = 0170000;
  private static final int CHARACTER_DEVICE = 0020000;

  private Terminal() {}

  static boolean isStandardOutput() {
    return is(System.getProperty(TOLD), Path.of("/dev/fd/1"));
  }

  /**
   * Asks the system when the launcher said nothing. {@link System#console()} tells of input and
   * output together, and since 22 of neither. Each terminal is a character device; those that are
   * no terminal, such as {@code /dev/null}, lose nothing by a text that is harmless, and neither
   * does what cannot be asked about.
   */
  static boolean is(@Nullable String told, Path descriptor) {
    if (told != null) {
      return Boolean.parseBoolean(told);
    }
    try {
      int mode = (Integer) Files.getAttribute(descriptor, "unix:mode");
      return (mode & TYPE_OF_FILE) == CHARACTER_DEVICE;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return true;
    }
  }
}
