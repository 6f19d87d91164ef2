package io.fluxwire.node;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What a name resolves to.
 *
 * @param host a name or an address
 */
record NameCheck(String host) implements Check {

  private static final String NAME = "name";

  @Override
  public Finding run() {
    try {
      return Finding.ok(
          NAME,
          Arrays.stream(InetAddress.getAllByName(host))
              .map(InetAddress::getHostAddress)
              .collect(Collectors.joining(", ", host + " is ", "")));
    } catch (UnknownHostException e) {
      return Finding.problem(
          NAME,
          "nothing is known of " + host,
          "check how it is written, and that this machine's name servers (/etc/resolv.conf) know it");
    }
  }
}
