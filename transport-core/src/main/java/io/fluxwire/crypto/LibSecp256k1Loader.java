package io.fluxwire.crypto;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads libsecp256k1's native half. The binding writes it to a folder and loads it from there, and
 * when it cannot, prints so to standard error, stack trace and all, and fails at the first use.
 */
final class LibSecp256k1Loader {

  private static final String FOLDER = "fr.acinq.secp256k1.tmpdir";
  private static final String LIBRARY_PATH = "fr.acinq.secp256k1.lib.path";

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  /**
   * Loads it.
   *
   * @return the curve, tried
   * @throws Exception when it cannot be loaded or is not whole; the binding declares none
   */
  LibSecp256k1 load() throws Exception {
    if (System.getProperty(FOLDER) != null || System.getProperty(LIBRARY_PATH) != null) {
      return loadQuietly();
    }
    // A folder of its own: what is in it can go at once, however this process ends.
    Path folder = Files.createTempDirectory("fluxwire-secp256k1-");
    System.setProperty(FOLDER, folder.toString());
    try {
      return loadQuietly();
    } finally {
      System.clearProperty(FOLDER);
      delete(folder);
    }
  }

  /** What is loaded stays loaded, except where a file in use cannot be deleted: those stay, too. */
  private static void delete(Path folder) {
    File[] files = folder.toFile().listFiles();
    if (files != null) {
      for (File file : files) {
        file.delete();
      }
    }
    folder.toFile().delete();
  }

  private LibSecp256k1 loadQuietly() {
    PrintStream before = System.err;
    PrintStream muted = new PrintStream(new Muted(before), true, StandardCharsets.UTF_8);
    System.setErr(muted);
    try {
      return new LibSecp256k1(fr.acinq.secp256k1.Secp256k1.get());
    } finally {
      if (System.err == muted) {
        System.setErr(before);
      }
    }
  }

  /**
   * Why it was not loaded.
   *
   * @param thrown what {@link #load} threw
   * @return what the system's linker said, if the binding printed it, or what was thrown
   */
  String reason(Throwable thrown) {
    String text = printed.toString(StandardCharsets.UTF_8).strip();
    String last = text.substring(text.lastIndexOf('\n') + 1);
    // Both the linker and the JDK say the file's name, which is of no use: it is gone.
    int file = last.lastIndexOf(".so: ");
    if (file >= 0) {
      return last.substring(file + ".so: ".length());
    }
    if (!last.isEmpty()) {
      return last;
    }
    Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
    return cause.toString();
  }

  /** Keeps what this thread prints, and lets others' through. */
  private final class Muted extends OutputStream {

    private final Thread loading = Thread.currentThread();
    private final PrintStream others;

    Muted(PrintStream others) {
      this.others = others;
    }

    private OutputStream to() {
      return Thread.currentThread() == loading ? printed : others;
    }

    @Override
    public void write(int b) throws IOException {
      to().write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      to().write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      to().flush();
    }
  }
}
