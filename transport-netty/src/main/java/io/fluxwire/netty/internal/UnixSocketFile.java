package io.fluxwire.netty.internal;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix socket that a server listens on. A process that is killed leaves this file
 * behind, and the system cannot bind a socket to the path of an existing file.
 *
 * <p>So the server binds its socket to a temporary path, and once it listens, links the file to the
 * path that peers know. This has three advantages over binding to that path directly. First, a
 * socket at that path always accepts connections unless it is stale, so a refusal proves that it is
 * stale; without the temporary path, another process might just have bound it and not listen yet.
 * Second, nobody can connect before the file's mode is set. Third, the path that Netty deletes when
 * the channel is closed no longer exists by then, so that Netty cannot delete the file of another
 * server.
 *
 * <p>All methods block.
 */
final class UnixSocketFile {

  /** By how many bytes the temporary path is longer than the path that peers know. */
  static final int RESERVE = 6;

  /** How often linking is tried in total, since other processes may take the path in between. */
  private static final int ATTEMPTS = 5;

  private static final int FILE_TYPE = 0170000;
  private static final int SOCKET = 0140000;

  private final Path path;
  private final Path bound;
  private @Nullable Object key;
  private boolean removed;

  /**
   * A file that does not exist yet.
   *
   * @param path the path that peers know
   * @throws java.net.SocketException when the path is too long
   */
  UnixSocketFile(Path path) throws IOException {
    UnixSockets.checkLength(path, RESERVE);
    this.path = path;
    this.bound = randomSibling();
  }

  private Path randomSibling() {
    int number = ThreadLocalRandom.current().nextInt(1 << 20);
    return Path.of("%s~%05x".formatted(path, number));
  }

  /** The temporary path to bind the socket to. */
  Path bound() {
    return bound;
  }

  /**
   * Restricts the socket's file to its owner, and then links it to the path that peers know. The
   * socket must have been bound and listen. A stale socket at that path is removed.
   *
   * @throws BindException when something else is at that path: a socket that accepts connections,
   *     or a file that is not a socket
   */
  synchronized void publish() throws IOException {
    try {
      if (removed) {
        throw new BindException("the start was cancelled");
      }
      PosixFileAttributeView posix =
          Files.getFileAttributeView(bound, PosixFileAttributeView.class);
      if (posix != null) {
        posix.setPermissions(PosixFilePermissions.fromString("rw-------"));
      }
      Object own = key(bound);
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (link(bound)) {
          // The key is stored only now. If the socket never had this path, its file key is free
          // again once it is closed, and a file that somebody else creates here could get the same
          // key.
          key = own;
          return;
        }
        removeStale();
      }
      throw inUse();
    } finally {
      Files.deleteIfExists(bound);
    }
  }

  /** Unlike a move, a link replaces nothing that another process has put there meanwhile. */
  private boolean link(Path socket) throws IOException {
    try {
      Files.createLink(path, socket);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (UnsupportedOperationException | FileSystemException e) {
      // A file system without hard links.
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      Files.move(socket, path, StandardCopyOption.ATOMIC_MOVE);
      return true;
    }
  }

  private void removeStale() throws IOException {
    Object found;
    try {
      if (!isSocket(path)) {
        throw new BindException("a file at this path is not a socket; it was left as it is");
      }
      found = key(path);
      if (accepts()) {
        throw inUse();
      }
      // The file is renamed before it is deleted, since another server may have removed the stale
      // one first and linked its own socket to this path. That socket then has no path for a few
      // microseconds, in which connections to it are refused.
      Path aside = randomSibling();
      Files.move(path, aside, StandardCopyOption.ATOMIC_MOVE);
      if (!Objects.equals(found, key(aside))) {
        link(aside);
        Files.deleteIfExists(aside);
        throw inUse();
      }
      Files.delete(aside);
    } catch (NoSuchFileException e) {
      // The file is gone, as intended.
    }
  }

  private static BindException inUse() {
    return new BindException("the path is in use: another server listens on it");
  }

  private static boolean isSocket(Path file) throws IOException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return (mode & FILE_TYPE) == SOCKET;
    }
    return attributes(file).isOther();
  }

  private boolean accepts() throws IOException {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      // While the queue of a server that accepts slowly is full, a blocking connect would wait.
      probe.configureBlocking(false);
      probe.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (ConnectException e) {
      return false;
    } catch (IOException e) {
      if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new NoSuchFileException(path.toString());
      }
      throw new BindException("cannot find out whether the path is in use: " + e.getMessage());
    }
  }

  private static Object key(Path file) throws IOException {
    BasicFileAttributes attributes = attributes(file);
    Object key = attributes.fileKey();
    return key == null ? attributes.creationTime() : key;
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Removes the file, unless it has been replaced by another one. To be called while the socket
   * still listens: as long as it does, no other server considers it stale and replaces it, so that
   * the file that is checked here is the file that is deleted.
   */
  synchronized void remove() throws IOException {
    removed = true;
    try {
      if (Objects.equals(key, key(path))) {
        Files.delete(path);
      }
    } catch (NoSuchFileException e) {
      // Somebody has removed it already.
    }
  }
}
