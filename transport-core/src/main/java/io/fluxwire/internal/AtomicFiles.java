package io.fluxwire.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Files that appear or change in one step: a crash leaves what was there before, or all of the new
 * content. When a method returns, content and name are on the disk. All methods block.
 */
public final class AtomicFiles {

  private static final Set<PosixFilePermission> OWNER_READS =
      EnumSet.of(PosixFilePermission.OWNER_READ);
  private static final Set<PosixFilePermission> OWNER_READS_AND_WRITES =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  /** As many as Linux follows. */
  private static final int MAX_LINKS = 40;

  private AtomicFiles() {}

  /** What a file shall hold. */
  @FunctionalInterface
  public interface Content {

    /**
     * Writes all of it; may be called twice, for two files.
     *
     * @param file an empty file
     * @throws IOException when it cannot be written
     */
    void writeTo(FileChannel file) throws IOException;
  }

  /**
   * Makes a file of mode 0400 and never touches one that is there. Where the file system has no
   * hard links it is written in its place: a crash may then leave a part of it.
   *
   * @param file its folder is there, and it is not
   * @param content what to write
   * @throws FileAlreadyExistsException when something of that name is there, also a dangling link
   * @throws NoSuchFileException when its folder is not there
   * @throws IOException when it cannot be written, or when the file system lets others read it
   */
  public static void createPrivate(Path file, Content content) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    Path whole = besides(file);
    try {
      write(file, whole, OWNER_READS, ifPrivate(file, whole, content));
      if (!link(file, whole)) {
        write(file, file, OWNER_READS, ifPrivate(file, file, content));
      }
    } finally {
      Files.deleteIfExists(whole);
    }
    forceFolderOf(file);
  }

  /** Some file systems give all files the same mode, whatever was asked for. */
  private static Content ifPrivate(Path asked, Path file, Content content) {
    return channel -> {
      PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
      if (view != null && !OWNER_ONLY.containsAll(view.readAttributes().permissions())) {
        throw new FileSystemException(
            asked.toString(),
            null,
            "this file system lets others read it, in spite of mode 0400; choose another place");
      }
      content.writeTo(channel);
    };
  }

  /** A move would replace what has come to be there meanwhile, and a link fails. */
  private static boolean link(Path file, Path whole) throws IOException {
    try {
      Files.createLink(file, whole);
      return true;
    } catch (FileAlreadyExistsException e) {
      throw new FileAlreadyExistsException(file.toString());
    } catch (UnsupportedOperationException | IOException e) {
      // File systems without links say so in many ways.
      return false;
    }
  }

  /**
   * Replaces a file's content, or makes the file. What stays: its permissions, its owner and group
   * as far as this process may give files away, and a symbolic link, whose target is replaced.
   *
   * @param file a regular file, a link to one, or nothing yet; its folder is there
   * @param content what to write
   * @throws NoSuchFileException when its folder is not there
   * @throws IOException when it cannot be written; what was there stays
   */
  public static void replace(Path file, Content content) throws IOException {
    Path target = followed(file);
    boolean isNew = Files.notExists(target, LinkOption.NOFOLLOW_LINKS);
    if (!isNew && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(file.toString(), null, "not a regular file");
    }
    Path whole = besides(target);
    try {
      // Nobody sees more of it than of the old one.
      write(file, whole, isNew ? null : OWNER_READS_AND_WRITES, content);
      if (!isNew) {
        keepAttributes(target, whole);
      }
      move(whole, target);
    } finally {
      Files.deleteIfExists(whole);
    }
    forceFolderOf(target);
  }

  private static Path followed(Path file) throws IOException {
    Path at = file.toAbsolutePath();
    for (int i = 0; i < MAX_LINKS; i++) {
      if (!Files.isSymbolicLink(at)) {
        return at;
      }
      at = at.resolveSibling(Files.readSymbolicLink(at));
    }
    throw new FileSystemLoopException(file.toString());
  }

  private static void keepAttributes(Path from, Path to) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
    if (view == null) {
      return;
    }
    PosixFileAttributes kept =
        Files.readAttributes(from, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    PosixFileAttributes fresh = view.readAttributes();
    if (!fresh.group().equals(kept.group())) {
      tryTo(() -> view.setGroup(kept.group()));
    }
    if (!fresh.owner().equals(kept.owner())) {
      tryTo(() -> view.setOwner(kept.owner()));
    }
    if (!fresh.permissions().equals(kept.permissions())) {
      view.setPermissions(kept.permissions());
    }
  }

  private interface Change {
    void run() throws IOException;
  }

  /** Only the superuser gives files away, and a group is given to its members. */
  private static void tryTo(Change change) {
    try {
      change.run();
    } catch (IOException e) {
      // The content is worth more than whose it is.
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** A new file in the same folder, whose name is not longer for a long one. */
  private static Path besides(Path file) {
    return folderOf(file)
        .resolve(".fluxwire-" + Long.toHexString(ThreadLocalRandom.current().nextLong()));
  }

  private static Path folderOf(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
  }

  /**
   * Writes a new file.
   *
   * @param asked the file that the caller asked for, which errors name
   * @param file the file to write
   * @param mode its permissions; null for what the process's mask leaves
   */
  private static void write(
      Path asked, Path file, @Nullable Set<PosixFilePermission> mode, Content content)
      throws IOException {
    FileChannel channel = create(asked, file, mode);
    try (channel) {
      content.writeTo(channel);
      channel.force(true);
    } catch (IOException | RuntimeException | Error e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private static FileChannel create(Path asked, Path file, @Nullable Set<PosixFilePermission> mode)
      throws IOException {
    try {
      return FileChannel.open(
          file,
          Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
          mode == null || !isPosix(folderOf(file))
              ? new FileAttribute<?>[0]
              : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)});
    } catch (NoSuchFileException e) {
      throw new NoSuchFileException(asked.toString(), null, "its folder does not exist");
    } catch (AccessDeniedException e) {
      throw new AccessDeniedException(
          asked.toString(), null, "permission denied to make a file in its folder");
    } catch (FileAlreadyExistsException e) {
      throw new FileAlreadyExistsException(asked.toString());
    } catch (FileSystemException e) {
      throw new FileSystemException(asked.toString(), null, e.getReason());
    }
  }

  private static boolean isPosix(Path folder) {
    return Files.getFileAttributeView(folder, PosixFileAttributeView.class) != null;
  }

  private static void forceFolderOf(Path file) throws IOException {
    FileChannel entry;
    try {
      entry = FileChannel.open(folderOf(file), StandardOpenOption.READ);
    } catch (IOException | UnsupportedOperationException e) {
      // A folder that only lets files be made, or a system where folders cannot be opened.
      return;
    }
    try (entry) {
      entry.force(true);
    }
  }
}
