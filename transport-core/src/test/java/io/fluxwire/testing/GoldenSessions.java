package io.fluxwire.testing;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The golden sessions of the old daemon: every derived value and every byte of both directions. */
public final class GoldenSessions {

  private static final List<Session> ALL = load();

  private GoldenSessions() {}

  /** All sessions of the file. */
  public static List<Session> all() {
    return ALL;
  }

  /** Both directions of every session. */
  public static Stream<Direction> directions() {
    return ALL.stream()
        .flatMap(
            session ->
                Stream.of(
                    new Direction(session, session.a(), session.b()),
                    new Direction(session, session.b(), session.a())));
  }

  private static List<Session> load() {
    try (InputStream json = GoldenSessions.class.getResourceAsStream("/sessions.json")) {
      Objects.requireNonNull(json, "sessions.json is not on the class path");
      return List.copyOf(new ObjectMapper().readValue(json, Sessions.class).sessions());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes, in hex in the file and in what a failed test prints. */
  public record Hex(@JsonValue String digits) {

    /** From its digits. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Hex {}

    /** The bytes, a copy. */
    public byte[] bytes() {
      return HexFormat.of().parseHex(digits);
    }

    @Override
    public String toString() {
      return digits;
    }
  }

  private record Sessions(String about, List<Session> sessions) {}

  /** A session between two nodes. */
  public record Session(
      String name, @JsonProperty("shared_secret") Hex sharedSecret, Side a, Side b) {}

  /** What one node has and sends. */
  public record Side(
      @JsonProperty("node_secret") Hex nodeSecret,
      @JsonProperty("node_id") Hex nodeId,
      @JsonProperty("session_secret") Hex sessionSecret,
      @JsonProperty("session_pubkey") Hex sessionPubkey,
      Keys sending,
      @JsonProperty("signed_hash") Hex signedHash,
      @JsonProperty("signature_r") Hex signatureR,
      @JsonProperty("signature_s") Hex signatureS,
      List<Packet> packets) {

    /** All frames, without the session public key before them. */
    public byte[] stream() {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      packets.forEach(packet -> all.writeBytes(packet.frame().bytes()));
      return all.toByteArray();
    }

    /** All payloads. */
    public List<byte[]> payloads() {
      return packets.stream().map(packet -> packet.payload().bytes()).toList();
    }
  }

  /** The keys of what a side sends. */
  public record Keys(
      @JsonProperty("aes_key") Hex aesKey, @JsonProperty("hmac_key") Hex hmacKey, Hex iv) {}

  /** A packet. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Packet(String what, Hex payload, Hex frame, long totlen) {}

  /** What one side of a session sends to the other. */
  public record Direction(Session session, Side from, Side to) {

    @Override
    public String toString() {
      return session.name() + (from.equals(session.a()) ? ", a to b" : ", b to a");
    }
  }
}
