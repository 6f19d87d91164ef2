package io.fluxwire.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.FrameIntegrityException;
import io.fluxwire.Reason;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The value of CHANNEL (protocol.md section 10). */
class ChannelFrameTest {

  private static final String OWN = "000102030405060708090a0b0c0d0e0f";
  private static final String KNOWN = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
  private static final String ZEROS = "00".repeat(16);

  private record Golden(ChannelFrame frame, String hex) {}

  private static List<Golden> golden() {
    Incarnation own = Incarnation.of(bytes(OWN));
    Incarnation known = Incarnation.of(bytes(KNOWN));
    long most = Long.MAX_VALUE;
    return List.of(
        new Golden(
            new ChannelFrame("orders", own, known, 300, 5, 1),
            "066f7264657273" + OWN + KNOWN + "ac02" + "05" + "01"),
        new Golden(
            new ChannelFrame("é€😀", own, Incarnation.NONE, 0, 0, 128),
            "09c3a9e282acf09f9880" + OWN + ZEROS + "00" + "00" + "8001"),
        new Golden(
            new ChannelFrame("a".repeat(255), own, known, most, most, most),
            "ff01" + "61".repeat(255) + OWN + KNOWN + "ffffffffffffffff7f".repeat(3)));
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  @ParameterizedTest
  @MethodSource("golden")
  void isTheseBytes(Golden golden) {
    assertThat(HexFormat.of().formatHex(golden.frame().toBytes())).isEqualTo(golden.hex());
    assertThat(ChannelFrame.parse(bytes(golden.hex()))).isEqualTo(golden.frame());
  }

  @ParameterizedTest
  @MethodSource("golden")
  void isAFaultWhenItIsCutAnywhereOrGoesOn(Golden golden) {
    byte[] whole = bytes(golden.hex());
    for (int size = 0; size < whole.length; size++) {
      assertMalformed(Arrays.copyOf(whole, size), "ends early");
    }
    assertMalformed(Arrays.copyOf(whole, whole.length + 1), "1 bytes are left over");
  }

  @Test
  void numbersNeedNotHaveTheirShortestForm() {
    assertThat(
            ChannelFrame.parse(
                bytes("818000" + "61" + OWN + ZEROS + "8000" + "80808080808080808000" + "8100")))
        .isEqualTo(new ChannelFrame("a", Incarnation.of(bytes(OWN)), Incarnation.NONE, 0, 0, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "00, its name has 0 bytes",
    "8002, its name has 256 bytes",
    "ffffffffffffffffff00, its name has 9223372036854775807 bytes",
    "ffffffffffffffffff01, not below 2^63",
    // A byte that is none, a surrogate, an overlong form, a character that is not whole.
    "01ff, not UTF-8",
    "03eda080, not UTF-8",
    "02c080, not UTF-8",
    "02e282, not UTF-8",
  })
  void aNameIsOneTo255BytesOfUtf8(String name, String why) {
    assertMalformed(bytes(name + "61".repeat(256) + OWN + ZEROS + "000001"), why);
  }

  @ParameterizedTest
  @CsvSource({
    // 2^63, 2^64 - 1, 2^64, and a number of eleven bytes: in each place.
    "80808080808080808001",
    "ffffffffffffffffff01",
    "80808080808080808002",
    "8080808080808080808000",
  })
  void numbersAreBelowTwoToTheSixtyThird(String number) {
    for (List<String> numbers :
        List.of(
            List.of(number, "00", "01"),
            List.of("00", number, "01"),
            List.of("00", "00", number))) {
      assertMalformed(bytes("0161" + OWN + ZEROS + String.join("", numbers)), "not below 2^63");
    }
  }

  @Test
  void attemptsBeginWithOne() {
    assertMalformed(bytes("0161" + OWN + ZEROS + "000000"), "attempt is 0");
    assertMalformed(bytes("0161" + OWN + ZEROS + "00008000"), "attempt is 0");
  }

  @Test
  void itsSenderHasAStore() {
    assertMalformed(bytes("0161" + ZEROS + KNOWN + "000001"), "incarnation is zeros");
  }

  private static void assertMalformed(byte[] value, String why) {
    FrameIntegrityException fault =
        catchThrowableOfType(FrameIntegrityException.class, () -> ChannelFrame.parse(value));
    assertThat(fault.reason()).isEqualTo(Reason.CHANNEL_MALFORMED);
    assertThat(fault).hasMessageContaining(why);
  }

  @Test
  void namesThatLookAlikeAreTwo() {
    assertThat(frame("\u00e9")).isNotEqualTo(frame("e\u0301"));
  }

  private static ChannelFrame frame(String name) {
    return new ChannelFrame(name, Incarnation.of(bytes(OWN)), Incarnation.NONE, 0, 0, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\ud800", "a\udc00b"})
  void whatIsNoNameIsNotSent(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> frame(name));
  }

  @Test
  void whatIsTooLongIsNotSent() {
    assertThat(frame("é".repeat(127)).toBytes()).hasSize(2 + 254 + 32 + 3);
    assertThatIllegalArgumentException().isThrownBy(() -> frame("é".repeat(128)));
  }

  @Test
  void whatIsOutOfItsRangeIsNotSent() {
    Incarnation own = Incarnation.of(bytes(OWN));
    for (long[] numbers : new long[][] {{-1, 0, 1}, {0, -1, 1}, {0, 0, 0}, {0, 0, -1}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new ChannelFrame("a", own, own, numbers[0], numbers[1], numbers[2]));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ChannelFrame("a", Incarnation.NONE, own, 0, 0, 1));
  }

  @Test
  void aNameOfThePeersDoesNotBreakALogsLine() {
    assertThat(frame("a\nb\u202e").toString())
        .isEqualTo(
            "ChannelFrame[a\uFFFDb\uFFFD, own 00010203, known none, wants 0, next 0, attempt 1]");
  }
}
