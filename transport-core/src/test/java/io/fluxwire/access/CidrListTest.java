package io.fluxwire.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrListTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.1.2, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "192.168.128.0/17, 192.168.128.1, true",
    "192.168.128.0/17, 192.168.255.255, true",
    "192.168.128.0/17, 192.168.127.255, false",
    "192.168.0.0/17, 192.168.128.0, false",
    "1.2.3.4, 1.2.3.4, true",
    "1.2.3.4, 1.2.3.5, false",
    "1.2.3.4/31, 1.2.3.5, true",
    "1.2.3.4/31, 1.2.3.6, false",
    "0.0.0.0/0, 255.1.2.3, true",
    "0.0.0.0/0, ::1, false",
    "::/0, 1.2.3.4, false",
    "::/0, 2001:db8::1, true",
    "2001:db8::/32, 2001:db8:ffff::, true",
    "2001:db8::/32, 2001:db9::, false",
    "2001:db8:0:100::/56, 2001:db8:0:1ff::1, true",
    "2001:db8:0:100::/56, 2001:db8:0:200::1, false",
    "fe80::/10, febf::1, true",
    "fe80::/10, fec0::1, false",
    "127.0.0.0/8, ::ffff:127.0.0.1, true",
  })
  void addressIsInANetworkThatStartsAlike(String network, String address, boolean expected)
      throws UnknownHostException {
    InetAddress parsed = InetAddress.getByName(address);
    assertThat(CidrList.of(network).test(parsed)).isEqualTo(expected);
    assertThat(CidrList.of("9.9.9.9", network).test(parsed)).isEqualTo(expected);
    assertThat(CidrList.of(network).negate().test(parsed)).isNotEqualTo(expected);
  }

  @Test
  void emptyListContainsNothing() {
    assertThat(CidrList.of().test(InetAddress.getLoopbackAddress())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/8",
        "localhost",
        "localhost/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "10.0.0.0/99999999999",
        "::/129",
        "fe80::%eth0/10",
        "10.0.0.1/8",
        "192.168.1.0/23",
        "2001:db8::1/32",
        "10.0.0/8"
      })
  void whatIsNoNetworkIsRefused(String network) {
    assertThatThrownBy(() -> CidrList.of(network))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(network + ":");
  }

  @Test
  void aMappedNetworkIsTheIpv4NetworkThatItStandsFor() throws UnknownHostException {
    CidrList list = CidrList.of("::ffff:203.0.113.5", "::ffff:10.0.0.0/104");
    assertThat(list.test(InetAddress.getByName("203.0.113.5"))).isTrue();
    assertThat(list.test(InetAddress.getByName("203.0.113.4"))).isFalse();
    assertThat(list.test(InetAddress.getByName("10.255.0.1"))).isTrue();
    assertThat(list.test(InetAddress.getByName("11.0.0.1"))).isFalse();
    BanList bans = BanList.create();
    bans.ban("::ffff:203.0.113.5", Duration.ofDays(1));
    assertThat(bans.isBanned(InetAddress.getByName("203.0.113.5"))).isTrue();
  }

  private static InetAddress ipv6(String text) throws UnknownHostException {
    // As the JDK never makes one of a text: it unwraps mapped addresses.
    return Inet6Address.getByAddress(null, NetUtil.createByteArrayFromIpAddressString(text), -1);
  }

  @ParameterizedTest
  @CsvSource({
    "::ffff:192.0.2.1, 192.0.2.1",
    "::192.0.2.1, 192.0.2.1",
    "::ffff:0.0.0.0, 127.0.0.1",
    "::, ::1",
    "::1, ::1",
    "::2, ::2",
    "2001:db8::1, 2001:db8::1",
    "64:ff9b::c000:201, 64:ff9b::c000:201",
  })
  void anAddressHasOneCanonicalForm(String written, String canonical) throws UnknownHostException {
    InetAddress address = ipv6(written);
    InetAddress expected = InetAddress.getByName(canonical);
    assertThat(CidrList.canonical(address)).isEqualTo(expected);
    assertThat(CidrList.of(canonical).test(address)).isTrue();
    assertThat(CidrList.of(canonical).negate().test(address)).isFalse();
    BanList bans = BanList.create();
    bans.ban(expected, Duration.ofDays(1));
    assertThat(bans.isBanned(address)).isTrue();
    bans.unban(address);
    assertThat(bans.isBanned(expected)).isFalse();
  }

  @Test
  void theUnspecifiedAddressIsWhereItLeads() throws UnknownHostException {
    InetAddress unspecified = InetAddress.getByName("0.0.0.0");
    assertThat(CidrList.of("127.0.0.0/8").test(unspecified)).isTrue();
    assertThat(CidrList.of("0.0.0.0").test(InetAddress.getLoopbackAddress())).isTrue();
    for (String network : new String[] {"127.0.0.0/8", "0.0.0.0/8", "0.0.0.0", "0.0.0.0/0"}) {
      assertThat(CidrList.of(network).negate().test(unspecified)).as(network).isFalse();
    }
    assertThat(CidrList.of("::1", "10.0.0.0/8").negate().test(unspecified)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"64:ff9b::10.1.2.3", "::ffff:0:10.1.2.3", "2002:a01:203::1"})
  void aDenyListLooksIntoWhatATranslatorUnwrapsAndAnAllowListDoesNot(String text)
      throws UnknownHostException {
    InetAddress address = InetAddress.getByName(text);
    assertThat(CidrList.of("10.0.0.0/8").negate().test(address)).isFalse();
    assertThat(CidrList.of("10.0.0.0/8").test(address)).isFalse();
    assertThat(CidrList.of("11.0.0.0/8").negate().test(address)).isTrue();
    assertThat(CidrList.of("::/0").test(address)).isTrue();
    assertThat(CidrList.of("::/0").negate().test(address)).isFalse();
    BanList bans = BanList.create();
    bans.ban("10.0.0.0/8", Duration.ofDays(1));
    assertThat(bans.isBanned(address)).isTrue();
  }

  @Test
  void anIpv4AddressIsInIpv4NetworksOnlyHoweverItIsWritten() throws UnknownHostException {
    for (String text : new String[] {"::ffff:10.1.2.3", "::10.1.2.3"}) {
      assertThat(CidrList.of("::/0").test(ipv6(text))).isFalse();
      assertThat(CidrList.of("::/0").negate().test(ipv6(text))).isTrue();
      assertThat(CidrList.of("::10.0.0.0/104").test(ipv6(text))).isTrue();
    }
    assertThat(CidrList.of("::ffff:0.0.0.0/104").test(InetAddress.getByName("0.1.2.3"))).isTrue();
    assertThat(CidrList.of("::/96").test(InetAddress.getByName("::2"))).isTrue();
  }

  @Test
  void aDenyListOfADenyListIsTheAllowList() {
    CidrList list = CidrList.of("10.0.0.0/8");
    assertThat(list.negate().negate()).isSameAs(list);
    assertThat(list.negate()).hasToString("not [10.0.0.0/8]");
  }

  @Test
  void listShowsItsNetworks() {
    assertThat(CidrList.of("10.0.0.0/8", "::1")).hasToString("[10.0.0.0/8, ::1]");
  }
}
