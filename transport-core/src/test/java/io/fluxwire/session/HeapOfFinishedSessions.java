package io.fluxwire.session;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.fluxwire.crypto.Aead;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * A process that begins and ends a session in each way, and tells which of their secrets are in a
 * dump of its live objects: {@code begun NAME} and {@code ended NAME}, a line for each that is.
 * Everything that an application could have kept is kept.
 */
final class HeapOfFinishedSessions {

  private HeapOfFinishedSessions() {}

  /**
   * Runs it.
   *
   * @param args a folder for the dumps, the name of the {@link Dialect}, and the cipher of upgraded
   *     sessions
   */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    Dialect dialect = Dialect.valueOf(args[1]);
    UnaryOperator<SessionSpec<Pkt>> speaking =
        dialect == Dialect.UPGRADED
            ? spec ->
                spec.upgrade(Dialect.upgraded().ciphers(Aead.valueOf(args[2]), Aead.AES_128_GCM))
            : dialect::spokenBy;
    Secrets secrets = new Secrets();
    Map<Ending, SessionPair<Pkt>> pairs = new EnumMap<>(Ending.class);
    try {
      for (Ending ending : Ending.values()) {
        pairs.put(ending, ending.begin(speaking, secrets));
      }
      search("begun", folder.resolve("begun.hprof"), secrets);
      pairs.forEach(Ending::end);
      search("ended", folder.resolve("ended.hprof"), secrets);
    } finally {
      Reference.reachabilityFence(pairs);
    }
    System.out.println("searched for " + secrets.masked().size());
  }

  private static void search(String phase, Path file, Secrets secrets) throws IOException {
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpHeap(file.toString(), true);
    byte[] heap = Secrets.masked(Files.readAllBytes(file));
    Files.delete(file);
    Map<String, byte[]> masked = secrets.masked();
    boolean[] starts = new boolean[1 << 16];
    masked.values().forEach(secret -> starts[start(secret, 0)] = true);
    Set<String> found = new TreeSet<>();
    for (int i = 0; i < heap.length - 1; i++) {
      if (starts[start(heap, i)]) {
        int at = i;
        masked.forEach(
            (name, secret) -> {
              int end = Math.min(heap.length, at + secret.length);
              if (Arrays.equals(heap, at, end, secret, 0, secret.length)) {
                found.add(name);
              }
            });
      }
    }
    found.forEach(name -> System.out.println(phase + " " + name));
  }

  private static int start(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }
}
