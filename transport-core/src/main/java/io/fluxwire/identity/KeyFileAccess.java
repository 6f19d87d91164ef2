package io.fluxwire.identity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Who may have which permissions on a key file, by who owns it. */
final class KeyFileAccess {

  private static final int ROOT = 0;
  private static final String USER = "unix:uid";

  /** Its owner is the user of this process, and nobody can change that. */
  private static final Path SELF = Path.of("/proc/self");

  /** For a file of this process's user, and where it is not known whose it is. */
  private static final Set<PosixFilePermission> OWNER_ALONE =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  /**
   * For a file of root's, where this process is not root's: it has to read the file by its group,
   * as where Kubernetes mounts a secret with an {@code fsGroup}. OpenSSH and PostgreSQL allow the
   * same.
   */
  private static final Set<PosixFilePermission> ROOT_AND_GROUP =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE,
          PosixFilePermission.GROUP_READ);

  private KeyFileAccess() {}

  static boolean permits(Path file, Set<PosixFilePermission> permissions) throws IOException {
    return isUserKnown(file)
        ? permits(userOf(file), userOf(SELF), permissions)
        : OWNER_ALONE.containsAll(permissions);
  }

  static boolean permits(int owner, int self, Set<PosixFilePermission> permissions) {
    return (owner == ROOT && self != ROOT ? ROOT_AND_GROUP : OWNER_ALONE).containsAll(permissions);
  }

  private static boolean isUserKnown(Path file) {
    return file.getFileSystem().equals(SELF.getFileSystem())
        && file.getFileSystem().supportedFileAttributeViews().contains("unix")
        && Files.exists(SELF);
  }

  private static int userOf(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, USER);
  }
}
