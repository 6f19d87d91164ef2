package io.fluxwire.netty;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.ldk.batteries.NioPeerHandler;
import org.ldk.structs.ErroringMessageHandler;
import org.ldk.structs.IgnoringMessageHandler;
import org.ldk.structs.Logger;
import org.ldk.structs.PeerManager;

/**
 * A Lightning node of LDK's, which nobody here wrote, in a process of its own: as much of one as
 * does noise, {@code init} and pings. Its library is native, and would take a test's process with
 * it if it crashed.
 *
 * <p>Started with a port and the digits of its secret; listens on that port, says {@code ready},
 * and dials who a line of its input says: {@code ID PORT}.
 */
final class LdkNode {

  private static final HexFormat HEX = HexFormat.of();

  private LdkNode() {}

  public static void main(String[] args) throws IOException {
    byte[] secret = HEX.parseHex(args[1]);
    PeerManager peers =
        PeerManager.of(
            ErroringMessageHandler.of().as_ChannelMessageHandler(),
            IgnoringMessageHandler.of().as_RoutingMessageHandler(),
            secret,
            // For its ephemeral keys, and no secret of this node's that anybody needs.
            secret,
            Logger.new_impl(record -> {}),
            IgnoringMessageHandler.of().as_CustomMessageHandler());
    NioPeerHandler sockets = new NioPeerHandler(peers);
    sockets.bind_listener(here(args[0]));
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      int space = line.indexOf(' ');
      sockets.connect(
          HEX.parseHex(line.substring(0, space)), here(line.substring(space + 1)), 10_000);
    }
    // Its objects go with the last reference to them, and with them what is native.
    sockets.interrupt();
    peers.disconnect_all_peers();
  }

  private static InetSocketAddress here(String port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
  }
}
