package io.fluxwire.dial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerAddressTest {

  private static final NodeId ID = NodeKey.generate().id();

  @ParameterizedTest
  @ValueSource(
      strings = {"node.example.org:9735", "192.0.2.1:0", "[2001:db8::1]:65535", "[fe80::1%eth0]:1"})
  void whatItPrintsIsWhatItReads(String text) {
    PeerAddress anyone = PeerAddress.parse(text);
    assertThat(anyone.id()).isNull();
    assertThat(anyone).hasToString(text);
    PeerAddress one = PeerAddress.parse(ID + "@" + text);
    assertThat(one).isEqualTo(new PeerAddress(ID, anyone.host(), anyone.port()));
    assertThat(one).hasToString(ID + "@" + text);
    assertThat(one.socketAddress().isUnresolved()).isTrue();
    assertThat(one.socketAddress().getPort()).isEqualTo(one.port());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "host",
        "host:",
        ":1",
        "host:65536",
        "host:1x",
        "@host:1",
        "12@host:1",
        "a@b@c:1"
      })
  void whatIsNoAddressIsRefused(String text) {
    assertThatThrownBy(() -> PeerAddress.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anIpv6AddressWithoutBracketsIsShownWithThem() {
    assertThatThrownBy(() -> PeerAddress.parse(ID + "@2001:db8::1:9735"))
        .hasMessageContaining("[2001:db8::1]:9735");
  }

  @Test
  void theShortFormOfAnIdIsItsBeginning() {
    assertThat(ID.toShortString()).hasSize(8);
    assertThat(ID.toString()).startsWith(ID.toShortString());
  }
}
