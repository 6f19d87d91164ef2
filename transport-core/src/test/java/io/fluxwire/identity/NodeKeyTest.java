package io.fluxwire.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.testing.GoldenSessions;
import io.fluxwire.testing.GoldenSessions.Side;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class NodeKeyTest {

  private static final HexFormat HEX = HexFormat.of();
  private static final Side GOLDEN = GoldenSessions.all().get(0).a();

  @TempDir Path folder;

  @Test
  void fileIsThe32RawBytesAndOnlyItsOwnerReadsIt() throws IOException {
    Path file = folder.resolve("node.key");
    NodeKey.of(GOLDEN.nodeSecret().bytes()).save(file);
    assertThat(file).hasBinaryContent(GOLDEN.nodeSecret().bytes());
    assertThat(mode(file)).isEqualTo("r--------");
  }

  @Test
  void savedKeyIsReadBack() throws IOException {
    Path file = folder.resolve("node.key");
    NodeKey key = NodeKey.generate();
    key.save(file);
    assertThat(NodeKey.load(file).id()).isEqualTo(key.id());
  }

  @Test
  void savingLeavesNothingElseBehind() throws IOException {
    NodeKey.generate().save(folder.resolve("node.key"));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("node.key"));
    }
  }

  @Test
  void keyIsNeverOverwritten() throws IOException {
    Path file = folder.resolve("node.key");
    NodeKey.of(GOLDEN.nodeSecret().bytes()).save(file);
    NodeKey other = NodeKey.generate();
    assertThatThrownBy(() -> other.save(file)).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(file).hasBinaryContent(GOLDEN.nodeSecret().bytes());
  }

  @Test
  void danglingLinkIsNotOverwrittenEither() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("node.key"), folder.resolve("nowhere"));
    assertThatThrownBy(() -> NodeKey.generate().save(link))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(folder.resolve("nowhere")).doesNotExist();
  }

  @Test
  void whatIsNoFileIsNotAskedToChangeItsMode() {
    assertThatThrownBy(() -> NodeKey.load(folder))
        .isInstanceOf(IOException.class)
        .hasMessage(folder + ": not a regular file");
  }

  @Test
  void savingIntoAFolderThatIsNotThereNamesTheKey() {
    Path file = folder.resolve("none").resolve("node.key");
    assertThatThrownBy(() -> NodeKey.generate().save(file))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(file + ": its folder does not exist");
  }

  @Test
  void loadOrCreateGivesTheSameIdTwice() throws IOException {
    Path file = folder.resolve("node.key");
    NodeId first = NodeKey.loadOrCreate(file).id();
    assertThat(NodeKey.loadOrCreate(file).id()).isEqualTo(first);
  }

  @Test
  void loadOrCreateKeepsAFileThatIsNoKey() throws IOException {
    Path file = write("node.key", new byte[31], "r--------");
    assertThatThrownBy(() -> NodeKey.loadOrCreate(file)).isInstanceOf(IOException.class);
    assertThat(file).hasBinaryContent(new byte[31]);
  }

  @Test
  void missingFileIsNamed() {
    assertThatThrownBy(() -> NodeKey.load(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("none");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"r--r-----", "r-----r--", "rw--w----", "rw-----w-", "r----x---", "r-------x"})
  void keyThatOthersCanReachIsRefused(String mode) throws IOException {
    Path file = write("node.key", GOLDEN.nodeSecret().bytes(), mode);
    assertThatThrownBy(() -> NodeKey.load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 400 " + file)
        .hasMessageNotContaining(GOLDEN.nodeSecret().digits());
  }

  @ParameterizedTest
  @ValueSource(strings = {"r--------", "rw-------", "rwx------"})
  void keyThatOnlyItsOwnerCanReachIsRead(String mode) throws IOException {
    Path file = write("node.key", GOLDEN.nodeSecret().bytes(), mode);
    assertThat(NodeKey.load(file).id()).hasToString(GOLDEN.nodeId().digits());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 33, 64})
  void fileOfAnotherSizeIsRefused(int size) throws IOException {
    Path file = write("node.key", Arrays.copyOf(GOLDEN.nodeSecret().bytes(), size), "r--------");
    assertThatThrownBy(() -> NodeKey.load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("want 32 raw bytes, got " + size);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
      })
  void valueThatIsNoSecretIsRefused(String hex) throws IOException {
    byte[] value = HexFormat.of().parseHex(hex);
    Path file = write("node.key", value, "r--------");
    assertThatThrownBy(() -> NodeKey.load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a valid secp256k1 secret");
    assertThatThrownBy(() -> NodeKey.of(value)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void folderInPlaceOfAFileIsRefused() throws IOException {
    Path inside = Files.createDirectory(folder.resolve("node.key"));
    Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwx------"));
    assertThatThrownBy(() -> NodeKey.load(inside))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a regular file");
  }

  @Test
  void toStringShowsTheIdAndNoSecret() {
    assertThat(NodeKey.of(GOLDEN.nodeSecret().bytes()).toString())
        .contains(GOLDEN.nodeId().digits())
        .doesNotContain(GOLDEN.nodeSecret().digits());
  }

  @Test
  void doesNotShareItsBytes() {
    byte[] secret = GOLDEN.nodeSecret().bytes();
    NodeKey key = NodeKey.of(secret);
    Arrays.fill(secret, (byte) 0);
    assertThat(HexFormat.of().formatHex(key.sign(GOLDEN.signedHash().bytes()).block()))
        .isEqualTo(GOLDEN.signatureR().digits() + GOLDEN.signatureS().digits());
  }

  @Test
  void destroyedKeyIsWipedAndOfNoUseButForItsId() throws Exception {
    NodeKey key = NodeKey.of(GOLDEN.nodeSecret().bytes());
    Field secret = NodeKey.class.getDeclaredField("secret");
    secret.setAccessible(true);
    assertThat((byte[]) secret.get(key)).isEqualTo(GOLDEN.nodeSecret().bytes());
    key.destroy();
    assertThat(key.isDestroyed()).isTrue();
    assertThat((byte[]) secret.get(key)).containsOnly(0);
    assertThat(key.id()).hasToString(GOLDEN.nodeId().digits());
    assertThatThrownBy(() -> key.sign(new byte[32]).block())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("destroyed");
    assertThatThrownBy(() -> key.save(folder.resolve("node.key")))
        .isInstanceOf(IllegalStateException.class);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void signatureThatIsAskedForTwiceIsMadeTwice() {
    NodeKey key = NodeKey.of(GOLDEN.nodeSecret().bytes());
    Mono<byte[]> signature = key.sign(GOLDEN.signedHash().bytes());
    assertThat(signature.block()).isEqualTo(signature.block());
    key.destroy();
    assertThatThrownBy(signature::block).isInstanceOf(IllegalStateException.class);
  }

  private Path write(String name, byte[] content, String mode) throws IOException {
    Path file = Files.write(folder.resolve(name), content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  /**
   * BOLT 8, appendix A: both ends of act one agree on the same secret, and the tag that the act
   * ends with is right under the key that follows from it.
   */
  @Test
  void agreesOnWhatBolt8sFirstActIsSealedWith() throws GeneralSecurityException {
    NodeKey responder = NodeKey.of(HEX.parseHex("21".repeat(32)));
    NodeKey ephemeral = NodeKey.of(HEX.parseHex("12".repeat(32)));
    String act =
        "00036360e856310ce5d294e8be33fc807077dc56ac80d95d9cd4ddbd21325eff73f7"
            + "0df6086551151f58b8afe6c195782c6a";
    assertThat(responder.id())
        .hasToString("028d7500dd4c12685d1f568b4c2b5048e8534b873319f3a8daa612b469132ec7f7");
    assertThat(act).startsWith("00" + ephemeral.id());

    byte[] secret = responder.agree(ephemeral.id().toBytes()).block();

    assertThat(ephemeral.agree(responder.id().toBytes()).block()).isEqualTo(secret);
    assertThat(HEX.formatHex(tagOfActOne(responder.id(), ephemeral.id(), secret)))
        .isEqualTo(act.substring(68));
  }

  /** ChaCha20-Poly1305 of nothing, with the transcript's hash as its associated data. */
  private static byte[] tagOfActOne(NodeId responder, NodeId ephemeral, byte[] secret)
      throws GeneralSecurityException {
    byte[] name =
        sha256("Noise_XK_secp256k1_ChaChaPoly_SHA256".getBytes(StandardCharsets.US_ASCII));
    byte[] hash = sha256(name, "lightning".getBytes(StandardCharsets.US_ASCII));
    hash = sha256(sha256(hash, responder.toBytes()), ephemeral.toBytes());
    byte[] extracted = hmac(name, secret);
    byte[] first = hmac(extracted, new byte[] {1});
    byte[] key = hmac(extracted, first, new byte[] {2});
    Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
    cipher.init(
        Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(new byte[12]));
    cipher.updateAAD(hash);
    return cipher.doFinal();
  }

  private static byte[] sha256(byte[]... parts) throws GeneralSecurityException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  private static byte[] hmac(byte[] key, byte[]... parts) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    for (byte[] part : parts) {
      mac.update(part);
    }
    return mac.doFinal();
  }

  @Test
  void agreesWithNobodyWhoseKeyIsNoneAndNotOnceItIsDestroyed() {
    NodeKey key = NodeKey.generate();
    byte[] theirs = NodeKey.generate().id().toBytes();
    for (byte[] none : List.of(new byte[33], new byte[0], HEX.parseHex("02" + "ff".repeat(32)))) {
      assertThatThrownBy(() -> key.agree(none).block())
          .isInstanceOf(IllegalArgumentException.class);
    }
    Mono<byte[]> agreement = key.agree(theirs);
    key.destroy();
    assertThatThrownBy(agreement::block)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("destroyed");
  }

  @Test
  void whatCanOnlySignSaysThatItCannotAgree() {
    NodeKey key = NodeKey.generate();
    NodeIdentity signer =
        new NodeIdentity() {
          @Override
          public NodeId id() {
            return key.id();
          }

          @Override
          public Mono<byte[]> sign(byte[] hash) {
            return key.sign(hash);
          }
        };
    assertThatThrownBy(() -> signer.agree(key.id().toBytes()).block())
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
