package io.fluxwire.netty;

import io.fluxwire.internal.AddressText;
import io.fluxwire.internal.Arguments;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A SOCKS 5 proxy by which a {@link PeerClient} dials (RFC 1928), such as a local Tor. Immutable:
 * each setter returns a copy.
 */
public final class SocksProxy {

  /** What a user name and a password may have at most (RFC 1929). */
  private static final int MAX_LENGTH = 255;

  /**
   * What a proxy asks for.
   *
   * @param user the user's name
   * @param password a secret
   */
  record Credentials(String user, String password) {

    @Override
    public String toString() {
      return "Credentials";
    }
  }

  private final InetSocketAddress address;
  private final @Nullable Credentials credentials;

  private SocksProxy(InetSocketAddress address, @Nullable Credentials credentials) {
    this.address = address;
    this.credentials = credentials;
  }

  /**
   * A proxy that asks for no user name.
   *
   * @param host its name, which is resolved anew for each attempt to connect, or its IP address
   * @param port its TCP port, 9050 for Tor
   * @return the proxy
   */
  public static SocksProxy of(String host, int port) {
    Objects.requireNonNull(host, "host");
    return new SocksProxy(
        InetSocketAddress.createUnresolved(host, Arguments.inRange("the port", port, 1, 65_535)),
        null);
  }

  /**
   * Sets what to log in with (RFC 1929), which the proxy sees in clear. Tor takes anything, and
   * keeps connections with different user names or passwords on different circuits, so that they
   * cannot be linked by them.
   *
   * @param user the user name, of 1 to 255 characters of US-ASCII
   * @param password the password, of 1 to 255 characters of US-ASCII; not told by {@link
   *     #toString()}, by logs or by errors
   * @return a copy
   */
  public SocksProxy credentials(String user, String password) {
    return new SocksProxy(
        address,
        new Credentials(bounded("the user name", user), bounded("the password", password)));
  }

  private static String bounded(String what, String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "%s of a proxy has 1 to %d characters, not %d"
              .formatted(what, MAX_LENGTH, text.length()));
    }
    if (!StandardCharsets.US_ASCII.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException(what + " of a proxy has characters of US-ASCII only");
    }
    return text;
  }

  InetSocketAddress address() {
    return address;
  }

  @Nullable Credentials credentials() {
    return credentials;
  }

  /** Where it is; never the password. */
  @Override
  public String toString() {
    return "SocksProxy[%s]".formatted(AddressText.of(address));
  }
}
