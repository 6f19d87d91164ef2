package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What all commands that dial have in common. */
final class RemoteOptions {

  @Mixin private KeyOptions key;

  @Parameters(paramLabel = "HOST:PORT", description = "Where the peer listens.")
  private InetSocketAddress remote;

  @Option(
      names = "--expect",
      paramLabel = "ID",
      description = "Who the peer has to be. Default: anyone who proves an id.")
  private @Nullable NodeId expected;

  <P> PeerClient<P> client(PacketCodec<P> codec) throws IOException {
    PeerClient<P> client = PeerClient.create().codec(codec).remote(remote).nodeKey(key.nodeKey());
    NodeId pinned = expected;
    return pinned == null ? client : client.expect(pinned);
  }
}
