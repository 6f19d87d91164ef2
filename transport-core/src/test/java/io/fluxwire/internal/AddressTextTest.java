package io.fluxwire.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressTextTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1,127.0.0.1:9735",
    "::1,[::1]:9735",
    "2001:db8:0:0:1:0:0:1,[2001:db8::1:0:0:1]:9735",
    "::ffff:192.0.2.1,192.0.2.1:9735"
  })
  void anAddressIsWrittenAsPeopleWriteIt(String ip, String text) throws Exception {
    assertThat(AddressText.of(new InetSocketAddress(InetAddress.getByName(ip), 9735)))
        .isEqualTo(text);
  }

  @Test
  void theNameThatItWasFoundByIsNotPartOfIt() throws Exception {
    InetAddress named = InetAddress.getByAddress("node.test", new byte[] {10, 0, 0, 1});
    assertThat(AddressText.of(new InetSocketAddress(named, 1))).isEqualTo("10.0.0.1:1");
  }

  @Test
  void aScopeStays() throws Exception {
    byte[] linkLocal = InetAddress.getByName("fe80::1").getAddress();
    assertThat(
            AddressText.of(new InetSocketAddress(Inet6Address.getByAddress(null, linkLocal, 7), 1)))
        .isEqualTo("[fe80::1%7]:1");
  }

  @ParameterizedTest
  @CsvSource({"node.test,node.test:1", "::1,[::1]:1", "fe80::1%eth0,[fe80::1%eth0]:1"})
  void whatIsNotResolvedKeepsItsName(String host, String text) {
    assertThat(AddressText.of(InetSocketAddress.createUnresolved(host, 1))).isEqualTo(text);
    assertThat(AddressText.of(host, 1)).isEqualTo(text);
  }

  @Test
  void anotherKindOfAddressSpeaksForItself() {
    assertThat(AddressText.of(UnixDomainSocketAddress.of("/run/node"))).isEqualTo("unix:/run/node");
  }
}
