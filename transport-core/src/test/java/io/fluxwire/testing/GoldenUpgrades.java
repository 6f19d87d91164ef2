package io.fluxwire.testing;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
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

/** The golden upgraded sessions, by an implementation that shares no code with this one. */
public final class GoldenUpgrades {

  private static final File FILE = load();

  private GoldenUpgrades() {}

  /** All sessions of the file. */
  public static List<Upgrade> all() {
    return FILE.sessions();
  }

  /** Both directions of every session. */
  public static Stream<Direction> directions() {
    return all().stream()
        .flatMap(session -> Stream.of(new Direction(session, true), new Direction(session, false)));
  }

  /** What the first session's dialler seals where its keys are used up. */
  public static RotationByCount rotationByCount() {
    return FILE.rotationByCount();
  }

  private static File load() {
    try (InputStream json = GoldenUpgrades.class.getResourceAsStream("/upgraded-sessions.json")) {
      Objects.requireNonNull(json, "upgraded-sessions.json is not on the class path");
      return new ObjectMapper().readValue(json, File.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record File(
      String about,
      @JsonProperty("rotation_by_count") RotationByCount rotationByCount,
      List<Upgrade> sessions) {}

  /** The last record under the first keys, and the first under the next. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record RotationByCount(Hex last, Hex next) {}

  /** A session. */
  public record Upgrade(
      String name,
      int aead,
      @JsonProperty("dialler_node_secret") Hex diallerNodeSecret,
      @JsonProperty("acceptor_node_secret") Hex acceptorNodeSecret,
      @JsonProperty("dialler_session_secret") Hex diallerSessionSecret,
      @JsonProperty("acceptor_session_secret") Hex acceptorSessionSecret,
      @JsonProperty("dialler_session_pubkey") Hex diallerSessionKey,
      @JsonProperty("acceptor_session_pubkey") Hex acceptorSessionKey,
      @JsonProperty("shared_secret") Hex sharedSecret,
      @JsonProperty("kem_seed") @Nullable Hex kemSeed,
      @JsonProperty("kem_encapsulation_key") @Nullable Hex kemKey,
      @JsonProperty("kem_ciphertext") @Nullable Hex kemCiphertext,
      @JsonProperty("kem_secret") @Nullable Hex kemSecret,
      @JsonProperty("acceptor_authenticate") Hex acceptorAuthenticate,
      @JsonProperty("acceptor_authenticate_frame") Hex acceptorAuthenticateFrame,
      @JsonProperty("dialler_authenticate") Hex diallerAuthenticate,
      @JsonProperty("dialler_authenticate_frame") Hex diallerAuthenticateFrame,
      Hex transcript,
      Hex prk,
      Keys dialler,
      Keys acceptor,
      @JsonProperty("dialler_records") List<Sealed> diallerRecords,
      @JsonProperty("acceptor_records") List<Sealed> acceptorRecords) {

    @Override
    public String toString() {
      return name;
    }
  }

  /** The first keys of a direction. */
  public record Keys(Hex secret, Hex key, Hex iv, @JsonProperty("next_secret") Hex nextSecret) {}

  /** One record. Long ones are given by their hashes only. */
  public record Sealed(
      String note,
      int epoch,
      int counter,
      @Nullable Hex body,
      @JsonProperty("body_sha256") Hex bodySha256,
      @JsonProperty("body_length") int bodyLength,
      @Nullable Hex record,
      @JsonProperty("record_sha256") Hex recordSha256) {}

  /** What one side of a session sends to the other. */
  public record Direction(Upgrade session, boolean byDialler) {

    /** Its keys. */
    public Keys keys() {
      return byDialler ? session.dialler() : session.acceptor();
    }

    /** Its records. */
    public List<Sealed> records() {
      return byDialler ? session.diallerRecords() : session.acceptorRecords();
    }

    @Override
    public String toString() {
      return session.name() + (byDialler ? ", by the dialler" : ", by the acceptor");
    }
  }
}
