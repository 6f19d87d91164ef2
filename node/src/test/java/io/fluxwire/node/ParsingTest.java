package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.internal.AddressText;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ParsingTest {

  @Test
  void durationsHaveUnits() {
    assertThat(Durations.parse("500ms")).isEqualTo(Duration.ofMillis(500));
    assertThat(Durations.parse("10s")).isEqualTo(Duration.ofSeconds(10));
    assertThat(Durations.parse("5m")).isEqualTo(Duration.ofMinutes(5));
    assertThat(Durations.parse("1h")).isEqualTo(Duration.ofHours(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "s", "-1s", "1.5s", "10 s", "9999999999s"})
  void whatIsNoDurationIsRefused(String text) {
    assertThatThrownBy(() -> Durations.parse(text)).isInstanceOf(TypeConversionException.class);
  }

  @Test
  void anAddressHasAHostAndAPort() {
    assertThat(HostAndPort.parse("node.example.org:9735"))
        .isEqualTo(InetSocketAddress.createUnresolved("node.example.org", 9735));
    assertThat(HostAndPort.parse("[::1]:9735").getHostString()).isEqualTo("::1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", "host:", ":1", "host:65536", "::1:9735", "host:1x"})
  void whatIsNoAddressIsRefused(String text) {
    assertThatThrownBy(() -> HostAndPort.parse(text)).isInstanceOf(TypeConversionException.class);
  }

  @Test
  void aPathIsTheAddressOfAUnixSocket() {
    assertThat(SocketAddressText.parse("unix:/run/node.sock"))
        .isEqualTo(UnixDomainSocketAddress.of("/run/node.sock"))
        .extracting(AddressText::of)
        .isEqualTo("unix:/run/node.sock");
    assertThat(SocketAddressText.parse("unix.example:9735"))
        .isEqualTo(InetSocketAddress.createUnresolved("unix.example", 9735));
    assertThatThrownBy(() -> SocketAddressText.parse("unix:"))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("unix:PATH");
  }

  @Test
  void whoHasToBeThereStandsBeforeTheAddress() {
    NodeId id = NodeKey.generate().id();

    assertThat(Remote.parse(id + "@host:9735"))
        .isEqualTo(new Remote(id, InetSocketAddress.createUnresolved("host", 9735)));
    assertThat(Remote.parse(id + "@unix:/run/node@host"))
        .isEqualTo(new Remote(id, UnixDomainSocketAddress.of("/run/node@host")));
    assertThat(Remote.parse("unix:/run/node@host"))
        .isEqualTo(new Remote(null, UnixDomainSocketAddress.of("/run/node@host")));
    assertThatThrownBy(() -> Remote.parse(id + "@" + id + "@host:1"))
        .isInstanceOf(TypeConversionException.class);
    assertThatThrownBy(() -> Remote.parse("@host:1"))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("'' is not a node id");
  }

  @Test
  void anIpv6AddressWithoutBracketsIsShownWithThem() {
    assertThatThrownBy(() -> HostAndPort.parse("2001:db8::1:9735"))
        .hasMessageContaining("in brackets: [2001:db8::1]:9735");
  }

  @Test
  void anAddressIsPrintedAsItIsParsed() throws Exception {
    byte[] loopback6 = new byte[16];
    loopback6[15] = 1;
    InetSocketAddress six = new InetSocketAddress(InetAddress.getByAddress(loopback6), 1);

    assertThat(AddressText.of(six)).isEqualTo("[::1]:1");
    assertThat(AddressText.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 2)))
        .isEqualTo("127.0.0.1:2");
  }
}
