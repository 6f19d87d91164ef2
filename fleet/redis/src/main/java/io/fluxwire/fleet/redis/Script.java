package io.fluxwire.fleet.redis;

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
  BEGIN("common.lua", "begin.lua"),
  HOLD("common.lua", "fence.lua", "hold.lua"),
  RELEASE("common.lua", "fence.lua", "release.lua"),
  SWEEP("common.lua", "fence.lua", "sweep.lua"),
  BEAT("common.lua", "fence.lua", "beat.lua"),
  LEAVE("common.lua", "fence.lua", "leave.lua"),
  RULES("common.lua", "fence.lua", "rules.lua"),
  SEND("common.lua", "fence.lua", "send.lua"),
  FIND("common.lua", "find.lua"),
  MEMBERS("common.lua", "members.lua");

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
   * Reads all scripts. Blocks, so this is called on the thread that makes an engine and not on an
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
