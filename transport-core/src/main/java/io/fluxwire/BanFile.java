package io.fluxwire;

import io.fluxwire.BanList.Ban;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Bans as text: a line for each, a target, a space and an instant. */
final class BanFile {

  private BanFile() {}

  static List<Ban> read(Path file) throws IOException {
    List<Ban> bans = new ArrayList<>();
    // Every byte is a character of it, so that what is no text is found in its line.
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      String line = lines.readLine();
      while (line != null) {
        bans.add(parse(file, bans.size() + 1, line));
        line = lines.readLine();
      }
    }
    return bans;
  }

  private static Ban parse(Path file, int number, String line) throws IOException {
    int space = Math.max(0, line.indexOf(' '));
    String target = line.substring(0, space);
    try {
      boolean network = target.indexOf('.') >= 0 || target.indexOf(':') >= 0;
      return new Ban(
          network ? CidrList.parse(target).canonical() : NodeId.parse(target).toString(),
          Instant.parse(line.substring(space).stripLeading()));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException(
          "%s: line %d is no ban, as '10.0.0.0/8 2030-01-31T12:00:00Z': correct or remove it"
              .formatted(file, number),
          e);
    }
  }

  static void write(Path file, List<Ban> bans) throws IOException {
    StringBuilder text = new StringBuilder();
    bans.forEach(ban -> text.append(ban.target()).append(' ').append(ban.until()).append('\n'));
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
    Path whole = folder.resolve("." + file.getFileName() + "." + System.nanoTime());
    try {
      try (FileChannel channel =
          FileChannel.open(whole, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = StandardCharsets.ISO_8859_1.encode(text.toString());
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(whole);
    }
    if (Files.getFileAttributeView(folder, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        != null) {
      try (FileChannel entry = FileChannel.open(folder, StandardOpenOption.READ)) {
        entry.force(true);
      }
    }
  }
}
