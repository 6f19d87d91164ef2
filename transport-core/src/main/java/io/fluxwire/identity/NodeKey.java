package io.fluxwire.identity;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.internal.AtomicFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import javax.security.auth.Destroyable;
import reactor.core.publisher.Mono;

/**
 * A node's long-lived secret key, and so its identity. On disk it is 32 raw bytes, the old daemon's
 * {@code privkey} format, in a file that only its owner may read.
 *
 * <p>Thread-safe. The methods that read or write files block: call them at start-up, not on an
 * event loop. Nothing prints the secret. {@link #destroy()} wipes it, as well as a JVM can: a
 * garbage collector that moved it may have left a copy in memory that is free.
 */
public final class NodeKey implements NodeIdentity, Destroyable {

  private static final int SIZE = 32;

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final byte[] secret;
  private final NodeId id;
  private boolean destroyed;

  private NodeKey(byte[] secret) {
    this.secret = secret;
    this.id = NodeId.of(Secp256k1.preferred().publicKey(secret));
  }

  /**
   * A new key from the system's random source. May block while that is seeded.
   *
   * @return the key
   */
  public static NodeKey generate() {
    SecureRandom random = new SecureRandom();
    byte[] secret = new byte[SIZE];
    do {
      random.nextBytes(secret);
    } while (!Secp256k1.preferred().isSecret(secret));
    return new NodeKey(secret);
  }

  /**
   * A key from its bytes.
   *
   * @param secret 32 bytes, copied
   * @return the key
   * @throws IllegalArgumentException when they are not a number above 0 and below the group order
   */
  public static NodeKey of(byte[] secret) {
    if (!Secp256k1.preferred().isSecret(secret)) {
      throw new IllegalArgumentException(
          "not a node key: want 32 bytes, a secp256k1 secret, got " + secret.length + " bytes");
    }
    return new NodeKey(secret.clone());
  }

  /**
   * Reads a key file. Blocks.
   *
   * @param file the file
   * @return the key
   * @throws NoSuchFileException when there is none
   * @throws IOException when it cannot be read, is not 32 bytes of a valid key, or when others than
   *     its owner have any permission on it; the message says what to do. One thing is allowed: if
   *     root owns the file and this process is not root's, the file's group may read it. So does
   *     Kubernetes mount a secret for a user that is not root
   */
  public static NodeKey load(Path file) throws IOException {
    // First, since it says why the file cannot be looked at.
    boolean regular = Files.readAttributes(file, BasicFileAttributes.class).isRegularFile();
    if (!regular) {
      throw new IOException(file + ": not a regular file");
    }
    PosixFileAttributeView posix = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    if (posix != null) {
      Set<PosixFilePermission> permissions = posix.readAttributes().permissions();
      if (!KeyFileAccess.permits(file, permissions)) {
        throw new IOException(
            "%s: others can reach this key (mode %s); run: chmod 400 %s"
                .formatted(file, PosixFilePermissions.toString(permissions), file));
      }
    }
    byte[] secret = new byte[SIZE];
    ByteBuffer buffer = direct();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size != SIZE) {
        throw new IOException(
            "%s: not a node key: want 32 raw bytes, got %d bytes".formatted(file, size));
      }
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw new IOException(file + ": shrank while it was read");
        }
      }
      buffer.get(0, secret);
      return of(secret);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": 32 bytes, but not a valid secp256k1 secret", e);
    } finally {
      wipe(buffer);
      Arrays.fill(secret, (byte) 0);
    }
  }

  /**
   * Direct: of a heap buffer, a channel makes a direct copy, which it keeps with the secret in it.
   */
  private static ByteBuffer direct() {
    return ByteBuffer.allocateDirect(SIZE);
  }

  private static void wipe(ByteBuffer buffer) {
    buffer.put(0, new byte[SIZE]);
  }

  /**
   * Reads a key file, or makes one where there is none. Blocks.
   *
   * @param file the file
   * @return the key
   * @throws IOException as {@link #load} and {@link #save}
   */
  public static NodeKey loadOrCreate(Path file) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return load(file);
    }
    NodeKey key = generate();
    try {
      key.save(file);
      return key;
    } catch (FileAlreadyExistsException e) {
      key.destroy();
      return load(file);
    } catch (IOException | RuntimeException e) {
      key.destroy();
      throw e;
    }
  }

  /**
   * Writes the key to a new file of mode 0400 and forces it, and the folder's entry, to the disk
   * before it returns. The file appears whole or not at all; on a file system without hard links, a
   * crash may leave a part of it. Blocks.
   *
   * @param file the file
   * @throws FileAlreadyExistsException when something of that name is there; it is never touched
   * @throws IOException when it cannot be written, or when the file system lets others read it
   * @throws IllegalStateException when this key is destroyed
   */
  public void save(Path file) throws IOException {
    try {
      AtomicFiles.createPrivate(file, this::write);
    } catch (FileAlreadyExistsException e) {
      throw new FileAlreadyExistsException(file.toString(), null, "a key is never overwritten");
    }
  }

  private void write(FileChannel channel) throws IOException {
    ByteBuffer buffer = direct();
    lock.readLock().lock();
    try {
      requireSecret();
      buffer.put(0, secret);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } finally {
      lock.readLock().unlock();
      wipe(buffer);
    }
  }

  /**
   * The public half: who this node is.
   *
   * @return the id, also of a key that is destroyed
   */
  @Override
  public NodeId id() {
    return id;
  }

  /**
   * Signs a hash with this key: ECDSA, RFC 6979, low s (protocol.md section 4). Takes about 0.06 ms
   * of CPU on the thread that subscribes.
   *
   * @param hash 32 bytes
   * @return emits {@code r || s}, big-endian, 64 bytes; errors with {@link IllegalStateException}
   *     when this key is destroyed
   */
  @Override
  public Mono<byte[]> sign(byte[] hash) {
    return Mono.fromSupplier(() -> signed(hash));
  }

  private byte[] signed(byte[] hash) {
    lock.readLock().lock();
    try {
      requireSecret();
      return Secp256k1.preferred().sign(secret, hash);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Agrees on a secret with the owner of another key (protocol.md section 2). Takes about 0.1 ms of
   * CPU on the thread that subscribes.
   *
   * @param publicKey the other key, 33 bytes, compressed
   * @return emits SHA-256 of the compressed shared point, 32 bytes, the receiver's to wipe; errors
   *     with {@link IllegalArgumentException} when the key is no point of the curve, and with
   *     {@link IllegalStateException} when this key is destroyed
   */
  @Override
  public Mono<byte[]> agree(byte[] publicKey) {
    return Mono.fromSupplier(() -> agreed(publicKey));
  }

  private byte[] agreed(byte[] publicKey) {
    lock.readLock().lock();
    try {
      requireSecret();
      return Secp256k1.preferred().sharedSecret(secret, publicKey);
    } finally {
      lock.readLock().unlock();
    }
  }

  private void requireSecret() {
    if (destroyed) {
      throw new IllegalStateException("this node key is destroyed");
    }
  }

  /**
   * Wipes the secret. Sessions that are established go on; handshakes and whatever else needs the
   * key fail from now on. Waits for what is being computed with it.
   */
  @Override
  public void destroy() {
    lock.writeLock().lock();
    try {
      Arrays.fill(secret, (byte) 0);
      destroyed = true;
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public boolean isDestroyed() {
    lock.readLock().lock();
    try {
      return destroyed;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Shows the node id, never the secret. */
  @Override
  public String toString() {
    return "NodeKey[id=" + id + ", secret=***]";
  }
}
