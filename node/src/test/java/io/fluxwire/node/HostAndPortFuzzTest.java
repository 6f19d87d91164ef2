package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.internal.AddressText;
import java.net.InetSocketAddress;
import picocli.CommandLine.TypeConversionException;

/** Any text as an address: a host and a port that say the same, or wrong usage. */
class HostAndPortFuzzTest {

  @FuzzTest
  void parse(FuzzedDataProvider data) {
    String text = data.consumeRemainingAsString();
    InetSocketAddress address;
    try {
      address = HostAndPort.parse(text);
    } catch (TypeConversionException e) {
      assertThat(text).doesNotMatch("[a-z0-9.-]+:[1-9]\\p{Digit}{0,3}");
      return;
    }
    assertThat(address.isUnresolved()).as("nobody was asked").isTrue();
    String host = address.getHostString();
    assertThat(host).isNotEmpty();
    String port = text.substring(text.lastIndexOf(':') + 1);
    assertThat(Integer.parseInt(port)).isEqualTo(address.getPort());
    String written = text.startsWith("[") ? "[" + host + "]" : host;
    assertThat(written + ":" + port).isEqualTo(text);
    assertThat(AddressText.of(address)).contains(host);
  }
}
