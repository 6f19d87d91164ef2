package io.fluxwire.crypto;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fluxwire.testing.GoldenSessions.Hex;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/** Wycheproof's vectors; their origin is noted beside them. */
final class Wycheproof {

  private Wycheproof() {}

  enum Result {
    @JsonProperty("valid")
    VALID,
    @JsonProperty("acceptable")
    ACCEPTABLE,
    @JsonProperty("invalid")
    INVALID
  }

  record Ecdh(
      int tcId,
      String comment,
      @JsonProperty("public") Hex point,
      @JsonProperty("private") Hex secret,
      Hex shared,
      Result result) {}

  record Ecdsa(int tcId, String comment, Hex key, Hex msg, Hex sig, Result result) {}

  record Hmac(int tcId, String comment, Hex key, Hex msg, Hex tag, Result result) {}

  private record EcdhFile(List<Ecdh> tests) {}

  private record EcdsaFile(List<Ecdsa> tests) {}

  private record HmacFile(List<Hmac> tests) {}

  static List<Ecdh> ecdh() {
    return read("ecdh_secp256k1", EcdhFile.class).tests();
  }

  static List<Ecdsa> ecdsa(String name) {
    return read(name, EcdsaFile.class).tests();
  }

  static List<Hmac> hmac() {
    return read("hmac_sha256", HmacFile.class).tests();
  }

  private static <T> T read(String name, Class<T> type) {
    try (InputStream json = Wycheproof.class.getResourceAsStream("/wycheproof/" + name + ".json")) {
      return new ObjectMapper().readValue(Objects.requireNonNull(json, name), type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
