package records;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the consumer is there for: the numbers of records, 8 bytes each. */
final class RecordFile implements AutoCloseable {

  private final Path path;
  private final RandomAccessFile file;
  private long next;

  private RecordFile(Path path, RandomAccessFile file) throws IOException {
    this.path = path;
    this.file = file;
    next = file.length() / Long.BYTES;
    // A part of a record is left where the process was killed.
    file.setLength(next * Long.BYTES);
    file.seek(next * Long.BYTES);
  }

  static RecordFile open(Path path) throws IOException {
    return new RecordFile(path, new RandomAccessFile(path.toFile(), "rw"));
  }

  /** The number of the next record, which is how many there are. */
  long next() {
    return next;
  }

  void append(long number) {
    if (number != next) {
      throw new IllegalStateException("not record " + next + " but " + number);
    }
    try {
      file.writeLong(number);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    next++;
  }

  /** Reads the file: each record has to be there, in its place. */
  void verify(long count) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
      for (long number = 0; number < count; number++) {
        if (in.readLong() != number) {
          throw new IllegalStateException("record " + number + " is another one");
        }
      }
      if (in.read() != -1) {
        throw new IllegalStateException("more than " + count + " records");
      }
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
