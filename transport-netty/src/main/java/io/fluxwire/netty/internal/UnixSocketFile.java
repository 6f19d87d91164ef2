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
 * The file of a Unix socket that a server listens on. A process that is killed leaves its file
 * behind, and the system binds no socket where a file is.
 *
 * <p>So the server binds its socket under a name of its own, and links it to the path that peers
 * know once it listens. That has three advantages over binding the socket at that path at once. A
 * socket that has the name accepts, so one that refuses a connection is stale, and not one that
 * another process has bound and is about to listen on. Nobody connects before the file's mode is
 * set. And what Netty deletes when the channel is closed is a name that is gone already, and not
 * whatever file has the path by then.
 *
 * <p>All methods block.
 */
final class UnixSocketFile {

  /** The name that is bound is the path that peers know and so many bytes more. */
  static final int RESERVE = 6;

  /** How often it is tried in all to give the socket its path, which others may take meanwhile. */
  private static final int ATTEMPTS = 5;

  private static final int FILE_TYPE = 0170000;
  private static final int SOCKET = 0140000;

  private final Path path;
  private final Path bound;
  private @Nullable Object key;
  private boolean removed;

  /**
   * A file that is not there yet.
   *
   * @param path where peers are to find it
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

  /** Where to bind the socket. */
  Path bound() {
    return bound;
  }

  /**
   * Gives the socket, which has been bound and listens, to its owner alone, and then its name. A
   * stale socket of that name is removed.
   *
   * @throws BindException when something else has the name: a socket that accepts connections, or a
   *     file that is no socket
   */
  synchronized void publish() throws IOException {
    try {
      if (removed) {
        throw new BindException("it was given up");
      }
      PosixFileAttributeView posix =
          Files.getFileAttributeView(bound, PosixFileAttributeView.class);
      if (posix != null) {
        posix.setPermissions(PosixFilePermissions.fromString("rw-------"));
      }
      key = key(bound);
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (link(bound)) {
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
        throw new BindException("there is a file that is no socket, which stays");
      }
      found = key(path);
      if (accepts()) {
        throw inUse();
      }
      // Put aside before it is deleted: another server may have removed the stale one first, and
      // given its own socket this name. For a few microseconds that one has no name then, and
      // whoever dials it is refused.
      Path aside = randomSibling();
      Files.move(path, aside, StandardCopyOption.ATOMIC_MOVE);
      if (!Objects.equals(found, key(aside))) {
        link(aside);
        Files.deleteIfExists(aside);
        throw inUse();
      }
      Files.delete(aside);
    } catch (NoSuchFileException e) {
      // It is gone, which is all that was wanted.
    }
  }

  private static BindException inUse() {
    return new BindException("it is in use: another server listens there");
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
      throw new BindException("whether it is in use cannot be told: " + e.getMessage());
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
   * Removes the file, unless it is another one by now. To be called while the socket still listens:
   * as long as it does, no other server takes it for a stale one and replaces it, so that what is
   * looked at here is what is deleted.
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
