package io.fluxwire.access;

import io.fluxwire.NodeId;
import io.fluxwire.access.BanList.Ban;
import io.fluxwire.internal.AtomicFiles;
import io.fluxwire.internal.FailureText;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Bans as text: each on a line of its own, as a target, a space and an instant. Lines that are
 * empty or start with # are ignored.
 */
final class BanFile {

  /** A longer line is no ban, and might never end. */
  private static final int LONGEST_LINE = 4096;

  /** How editors on Windows begin a text file, read byte by byte. */
  private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

  private static final Pattern BAN = Pattern.compile("(\\S+)\\s+(\\S+)");

  private BanFile() {}

  static List<Ban> read(Path file) throws IOException {
    List<Ban> bans = new ArrayList<>();
    // Every byte is a character of it, so that what is no text is found in its line.
    try (Reader text = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      int number = 1;
      for (String line = nextLine(text); line != null; line = nextLine(text)) {
        String content = (number == 1 ? withoutMark(line) : line).strip();
        if (!content.isEmpty() && content.charAt(0) != '#') {
          bans.add(parse(file, number, content));
        }
        number++;
      }
    } catch (FileSystemException | UnreadableLine e) {
      throw e;
    } catch (IOException e) {
      // The system's message does not name the file.
      throw new IOException(file + ": " + FailureText.of(e), e);
    }
    return bans;
  }

  private static String withoutMark(String line) {
    return line.startsWith(BYTE_ORDER_MARK) ? line.substring(BYTE_ORDER_MARK.length()) : line;
  }

  private static @Nullable String nextLine(Reader text) throws IOException {
    int next = text.read();
    if (next < 0) {
      return null;
    }
    StringBuilder line = new StringBuilder();
    while (next >= 0 && next != '\n' && line.length() < LONGEST_LINE) {
      line.append((char) next);
      next = text.read();
    }
    return line.toString();
  }

  private static Ban parse(Path file, int number, String line) throws UnreadableLine {
    Matcher words = BAN.matcher(line);
    try {
      if (!words.matches()) {
        throw new IllegalArgumentException("a ban has two words");
      }
      String target = words.group(1);
      boolean network = target.indexOf('.') >= 0 || target.indexOf(':') >= 0;
      return new Ban(
          network ? CidrList.parse(target).canonical() : NodeId.parse(target).toString(),
          Instant.parse(words.group(2)));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new UnreadableLine(file, number, e);
    }
  }

  /** A line that is no ban. */
  private static final class UnreadableLine extends IOException {

    private static final long serialVersionUID = 1L;

    UnreadableLine(Path file, int number, RuntimeException cause) {
      super(
          "%s: line %d is not a ban such as '10.0.0.0/8 2030-01-31T12:00:00Z': correct or remove it"
              .formatted(file, number),
          cause);
    }
  }

  static void write(Path file, List<Ban> bans) throws IOException {
    StringBuilder text = new StringBuilder();
    bans.forEach(ban -> text.append(ban.target()).append(' ').append(ban.until()).append('\n'));
    ByteBuffer bytes = StandardCharsets.ISO_8859_1.encode(text.toString());
    AtomicFiles.replace(
        file,
        channel -> {
          bytes.rewind();
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }
}
