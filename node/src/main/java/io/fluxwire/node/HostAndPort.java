package io.fluxwire.node;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** {@code HOST:PORT}, with brackets around an IPv6 address. */
final class HostAndPort {

  private static final Pattern FORM = Pattern.compile("(?:\\[([^\\]]+)]|([^:\\[\\]]+)):(\\d{1,5})");

  private static final Pattern BARE_IPV6 = Pattern.compile("([^\\[\\]]*:[^\\[\\]]*):(\\d{1,5})");

  private HostAndPort() {}

  static InetSocketAddress parse(String text) {
    Matcher matcher = FORM.matcher(text);
    Matcher bare = BARE_IPV6.matcher(text);
    if (bare.matches() && NetUtil.isValidIpV6Address(bare.group(1))) {
      throw new TypeConversionException(
          "'%s': an IPv6 address with a port goes in brackets: [%s]:%s"
              .formatted(text, bare.group(1), bare.group(2)));
    }
    if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > 65535) {
      throw new TypeConversionException(
          "'" + text + "' is not HOST:PORT (an IPv6 address goes in brackets: [::1]:9735)");
    }
    String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    return InetSocketAddress.createUnresolved(host, Integer.parseInt(matcher.group(3)));
  }
}
