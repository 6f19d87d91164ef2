package io.fluxwire.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.testing.GoldenSessions;
import io.fluxwire.testing.GoldenSessions.Side;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class NodeKeyTest {

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
}
