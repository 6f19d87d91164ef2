package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/** The scripts that run inside Redis, each of them atomically. */
enum Script {
  OPEN("open.lua"),
  WRITE("fence.lua", "write.lua"),
  READ("fence.lua", "read.lua"),
  RENEW("fence.lua", "renew.lua"),
  CLOSE("fence.lua", "close.lua"),
  DELETE("fence.lua", "delete.lua");

  private final String source;
  private final String digest;

  Script(String... files) {
    try {
      StringBuilder all = new StringBuilder();
      for (String file : files) {
        all.append(read(file)).append('\n');
      }
      source = all.toString();
      digest =
          HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-1").digest(source.getBytes(UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  private static String read(String file) throws IOException {
    try (InputStream in = Script.class.getResourceAsStream(file)) {
      return new String(Objects.requireNonNull(in, file).readAllBytes(), UTF_8);
    }
  }

  /**
   * Reads all scripts. Blocks, so this is called on the thread that creates a store and not on an
   * event loop.
   */
  static void load() {
    Objects.requireNonNull(values());
  }

  String source() {
    return source;
  }

  /** The digest by which Redis knows the script once it is loaded. */
  String digest() {
    return digest;
  }
}
