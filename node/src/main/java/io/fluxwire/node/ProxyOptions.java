package io.fluxwire.node;

import io.fluxwire.dial.PeerAddress;
import io.fluxwire.netty.SocksProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** By what a node dials. */
final class ProxyOptions {

  private static final String SCHEME = "socks5://";

  /** The value of {@code --proxy}: a user, or null, and where the proxy is. */
  record Url(@Nullable String user, PeerAddress address) {

    static Url parse(String text) {
      int at = text.lastIndexOf('@');
      if (!text.startsWith(SCHEME) || at == SCHEME.length()) {
        throw new TypeConversionException("'%s' is not socks5://[USER@]HOST:PORT".formatted(text));
      }
      String user = at < 0 ? null : text.substring(SCHEME.length(), at);
      if (user != null && user.indexOf(':') >= 0) {
        throw new TypeConversionException(
            "a password on the command line is seen by all users: --proxy-password FILE takes it");
      }
      String where = text.substring(at < 0 ? SCHEME.length() : at + 1);
      try {
        return new Url(user, PeerAddress.parse(where));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--proxy",
      paramLabel = "socks5://[USER@]HOST:PORT",
      description =
          "Dial by this SOCKS 5 proxy, such as Tor's at socks5://127.0.0.1:9050, which looks "
              + "the names up, those in .onion too. Default: dial directly.")
  private @Nullable Url proxy;

  @Option(
      names = "--proxy-password",
      paramLabel = "FILE",
      description = "The file with the password of the proxy's USER in its first line.")
  private @Nullable Path password;

  /**
   * The proxy; null to dial directly.
   *
   * @throws ParameterException when there is a user without a password, or the other way round
   */
  @Nullable SocksProxy proxy() throws IOException {
    Url url = proxy;
    Path file = password;
    String user = url == null ? null : url.user;
    if ((user == null) != (file == null)) {
      throw new ParameterException(
          spec.commandLine(), "--proxy-password FILE goes with a USER of --proxy, and needs one");
    }
    if (url == null) {
      return null;
    }
    SocksProxy at = SocksProxy.of(url.address.host(), url.address.port());
    return user == null || file == null ? at : at.credentials(user, firstLine(file));
  }

  private static String firstLine(Path file) throws IOException {
    return Files.readString(file).lines().findFirst().orElse("");
  }
}
