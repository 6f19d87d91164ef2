package io.fluxwire.testing;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fluxwire.testing.GoldenSessions.Hex;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The test values of BOLT 8 (appendix A). */
public final class Bolt8Vectors {

  private static final File FILE = load();

  private Bolt8Vectors() {}

  /** Those of one side's handshake each. */
  public static Stream<Case> handshakes() {
    return FILE.cases().stream().filter(one -> one.ephemeralSecret() != null);
  }

  /** That of the messages, and of the keys that they are sealed under. */
  public static Case messages() {
    return FILE.cases().stream()
        .filter(one -> one.ephemeralSecret() == null)
        .findFirst()
        .orElseThrow();
  }

  private static File load() {
    try (InputStream json = Bolt8Vectors.class.getResourceAsStream("/bolt8.json")) {
      Objects.requireNonNull(json, "bolt8.json is not on the class path");
      return new ObjectMapper().readValue(json, File.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record File(String about, List<Case> cases) {}

  /** What one side does, step by step. The remote key is there if the side dials. */
  public record Case(
      String name,
      List<Step> steps,
      @JsonProperty("rs_pub") @Nullable Hex remote,
      @JsonProperty("ls_priv") @Nullable Hex secret,
      @JsonProperty("ls_pub") @Nullable Hex id,
      @JsonProperty("e_priv") @Nullable Hex ephemeralSecret,
      @JsonProperty("e_pub") @Nullable Hex ephemeral,
      @JsonProperty("ck") @Nullable Hex chainingKey,
      @JsonProperty("sk") @Nullable Hex sendingKey,
      @JsonProperty("rk") @Nullable Hex receivingKey) {

    @Override
    public String toString() {
      return name;
    }
  }

  /** What comes, goes, or is known then. An output may be an error instead of bytes. */
  public record Step(
      @Nullable Hex input,
      @Nullable String output,
      @Nullable Keys keys,
      @Nullable Integer message) {

    /** Whether the handshake ends with it. */
    public boolean isError() {
      return output != null && output.startsWith("ERROR");
    }
  }

  /** What both directions are sealed under. */
  public record Keys(@JsonProperty("sk") Hex sending, @JsonProperty("rk") Hex receiving) {}
}
