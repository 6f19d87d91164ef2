package io.fluxwire.channel.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A directory as a disk has it: what was synced is there, and of what came after that any part may
 * be. POSIX promises no more. A file's sync keeps its content, and only that of its directory keeps
 * its name.
 */
final class TracedDisk {

  private static final int SECTOR = 512;
  private static final int SECTORS_OF_A_PAGE = 8;

  /** What the disk has of what was not synced. */
  enum Unsynced {
    /** Everything, which is what a killed process leaves. */
    ALL,
    NONE,
    /** What came first, of each file, with the last write torn. */
    FIRST,
    /** Some writes, in any order. */
    WRITES,
    /** Each sector as it was at some time since. */
    SECTORS,
    /** Each page of the system's cache as it was at some time since. */
    PAGES
  }

  private sealed interface Node permits Content, Directory {}

  /** A write, or without data a change of the size. */
  private record Change(int at, byte @Nullable [] data) {

    int sizeAfter(int before) {
      return data == null ? at : Math.max(before, at + data.length);
    }
  }

  private static final class Content implements Node {
    private final List<Change> unsynced = new ArrayList<>();
    private byte[] synced = new byte[0];

    int sizeAfter(int changes) {
      int size = synced.length;
      for (Change change : unsynced.subList(0, changes)) {
        size = change.sizeAfter(size);
      }
      return size;
    }

    void sync() {
      synced = afterLoss(Unsynced.ALL, new Random(0));
      unsynced.clear();
    }

    byte[] afterLoss(Unsynced kept, Random random) {
      int count = unsynced.size();
      int some = random.nextInt(count + 1);
      int size =
          sizeAfter(
              switch (kept) {
                case ALL -> count;
                case NONE -> 0;
                case FIRST -> Math.min(some + 1, count);
                default -> random.nextInt(count + 1);
              });
      byte[] content = Arrays.copyOf(synced, size);
      if (kept != Unsynced.ALL && size > synced.length && random.nextBoolean()) {
        // What an earlier file had there.
        byte[] old = new byte[size - synced.length];
        random.nextBytes(old);
        System.arraycopy(old, 0, content, synced.length, old.length);
      }
      Map<Integer, Integer> written = new HashMap<>();
      for (int n = 0; n < count; n++) {
        Change change = unsynced.get(n);
        boolean coin = random.nextBoolean();
        int torn = random.nextInt(1 + (change.data() == null ? 0 : change.data().length / SECTOR));
        for (int at = change.at(); at < end(change, size); at = (at / SECTOR + 1) * SECTOR) {
          int sector = at / SECTOR;
          boolean there =
              switch (kept) {
                case ALL -> true;
                case NONE -> false;
                case FIRST -> n < some || (n == some && sector < change.at() / SECTOR + torn);
                case WRITES -> coin;
                case SECTORS -> n < since(written, sector, count, random);
                case PAGES -> n < since(written, sector / SECTORS_OF_A_PAGE, count, random);
              };
          if (there) {
            int length = Math.min(end(change, size), (sector + 1) * SECTOR) - at;
            byte[] from = change.data() == null ? new byte[length] : change.data();
            int offset = change.data() == null ? 0 : at - change.at();
            System.arraycopy(from, offset, content, at, length);
          }
        }
      }
      return content;
    }

    private static int end(Change change, int size) {
      return change.data() == null ? size : Math.min(size, change.at() + change.data().length);
    }

    private static int since(Map<Integer, Integer> written, int unit, int count, Random random) {
      return written.computeIfAbsent(unit, unused -> random.nextInt(count + 1));
    }
  }

  /** An entry that is set or removed, and with it one that is removed. */
  private record Entry(String name, @Nullable Node node, @Nullable String former) {

    void apply(Map<String, Node> entries) {
      if (former != null) {
        entries.remove(former);
      }
      if (node == null) {
        entries.remove(name);
      } else {
        entries.put(name, node);
      }
    }
  }

  private static final class Directory implements Node {
    private final Map<String, Node> synced = new TreeMap<>();
    private final Map<String, Node> current = new TreeMap<>();
    private final List<Entry> unsynced = new ArrayList<>();

    void change(Entry entry) {
      entry.apply(current);
      unsynced.add(entry);
    }

    void sync() {
      synced.clear();
      synced.putAll(current);
      unsynced.clear();
    }

    Map<String, Node> after(int changes) {
      Map<String, Node> entries = new TreeMap<>(synced);
      unsynced.subList(0, changes).forEach(entry -> entry.apply(entries));
      return entries;
    }

    Map<String, Node> afterLoss(Unsynced kept, Random random) {
      int count = unsynced.size();
      return switch (kept) {
        case ALL -> after(count);
        case NONE -> after(0);
        case FIRST -> after(random.nextInt(count + 1));
        default -> eachSomeTime(count, random);
      };
    }

    private Map<String, Node> eachSomeTime(int count, Random random) {
      Set<String> names = new TreeSet<>(synced.keySet());
      names.addAll(current.keySet());
      unsynced.forEach(entry -> names.add(entry.name()));
      Map<String, Node> entries = new TreeMap<>();
      for (String name : names) {
        Node node = after(random.nextInt(count + 1)).get(name);
        if (node != null) {
          entries.put(name, node);
        }
      }
      return entries;
    }
  }

  private final Path path;
  private final Directory root;

  /** All that is in a directory, synced. */
  TracedDisk(Path directory) throws IOException {
    path = directory;
    root = read(directory);
  }

  private static Directory read(Path from) throws IOException {
    Directory directory = new Directory();
    for (Path file : DiskSamples.files(from)) {
      Node node;
      if (Files.isDirectory(file)) {
        node = read(file);
      } else {
        Content content = new Content();
        content.synced = Files.readAllBytes(file);
        node = content;
      }
      directory.current.put(file.getFileName().toString(), node);
    }
    directory.sync();
    return directory;
  }

  private @Nullable Node find(Path file) {
    Node node = root;
    for (Path name : path.relativize(file)) {
      if (!name.toString().isEmpty()) {
        node = node instanceof Directory inside ? inside.current.get(name.toString()) : null;
      }
    }
    return node;
  }

  private Directory parent(Path file) {
    if (find(file.getParent()) instanceof Directory directory) {
      return directory;
    }
    throw new IllegalStateException("no directory of " + file);
  }

  /** Null for a file that has no name any more, as nobody can find what is written to it. */
  private @Nullable Content content(Path file) {
    return find(file) instanceof Content content ? content : null;
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  void makeDirectory(Path file) {
    parent(file).change(new Entry(name(file), new Directory(), null));
  }

  void open(Path file, boolean create, boolean truncate) {
    if (create && find(file) == null) {
      parent(file).change(new Entry(name(file), new Content(), null));
    }
    if (truncate) {
      resize(file, 0);
    }
  }

  void write(Path file, long at, byte[] data) {
    Content content = content(file);
    if (content != null) {
      content.unsynced.add(new Change(Math.toIntExact(at), data));
    }
  }

  void resize(Path file, long size) {
    Content content = content(file);
    if (content != null) {
      content.unsynced.add(new Change(Math.toIntExact(size), null));
    }
  }

  void sync(Path file) {
    Node node = find(file);
    if (node instanceof Content content) {
      content.sync();
    } else if (node instanceof Directory directory) {
      directory.sync();
    }
  }

  void remove(Path file) {
    parent(file).change(new Entry(name(file), null, null));
  }

  void rename(Path from, Path to) {
    Directory directory = parent(from);
    if (directory != parent(to)) {
      throw new IllegalStateException("renamed into another directory: " + to);
    }
    directory.change(new Entry(name(to), find(from), name(from)));
  }

  /** Writes what a loss of power at this moment could leave. */
  void lose(Unsynced kept, Random random, Path into) throws IOException {
    lose(root, kept, random, into);
  }

  private static void lose(Directory directory, Unsynced kept, Random random, Path into)
      throws IOException {
    Files.createDirectories(into);
    for (Map.Entry<String, Node> entry : directory.afterLoss(kept, random).entrySet()) {
      Path file = into.resolve(entry.getKey());
      if (entry.getValue() instanceof Directory inside) {
        lose(inside, kept, random, file);
      } else if (entry.getValue() instanceof Content content) {
        Files.write(file, content.afterLoss(kept, random));
      }
    }
  }
}
