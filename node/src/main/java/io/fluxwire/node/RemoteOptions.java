package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What all commands that dial have in common. */
final class RemoteOptions {

  private static final Logger LOG = LoggerFactory.getLogger("io.fluxwire.dial");

  @Mixin private KeyOptions key;

  @Parameters(
      paramLabel = "HOST:PORT",
      arity = "1..*",
      description = {
        "Where the peer listens. All addresses of all places given race;",
        "the first at which the peer proves its id wins. -v tells of each."
      })
  private List<InetSocketAddress> remotes;

  @Option(
      names = "--expect",
      paramLabel = "ID",
      description = "Who the peer has to be. Default: anyone who proves an id.")
  private @Nullable NodeId expected;

  <P> PeerClient<P> client(PacketCodec<P> codec) throws IOException {
    PeerClient<P> client =
        PeerClient.create()
            .codec(codec)
            .nodeKey(key.nodeKey())
            .doOnDial(event -> LOG.debug("{}", event));
    for (InetSocketAddress remote : remotes) {
      client = client.remote(remote);
    }
    NodeId pinned = expected;
    return pinned == null ? client : client.expect(pinned);
  }
}
