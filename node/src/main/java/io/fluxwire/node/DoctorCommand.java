package io.fluxwire.node;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.lightning.LightningCodec;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.PacketCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Looks at this machine, and at the way to a peer. */
@Command(
    name = "doctor",
    description = {
      "Check Java, native code, limits and the clock of this machine, and say what to change.",
      "",
      "With HOST:PORT it also says what the name resolves to, and tries a handshake at each address; "
          + "with ID@HOST:PORT, the node there has to have this id. "
          + "The peer sees a node that connects and leaves; give the key that it knows, if it lets "
          + "in only those it knows.",
      "",
      "With --bolt8 the handshake is that of Lightning nodes, which begins with the ID.",
      "",
      "Each line begins with ok, advice (it works, and would be better otherwise) or problem. The "
          + "exit code is 1 if there is a problem."
    })
final class DoctorCommand implements Callable<Integer> {

  private static final Duration LIMIT = Duration.ofSeconds(5);

  @ParentCommand private Main main;
  @Mixin private KeyOptions key;
  @Mixin private JsonOption json;
  @Mixin private Bolt8Option bolt8;

  @Parameters(
      paramLabel = "HOST:PORT",
      arity = "0..1",
      description =
          "Where a peer listens; unix:PATH is a Unix socket, and ID@HOST:PORT says who it has to be.")
  private @Nullable Remote remote;

  @Override
  public Integer call() throws IOException {
    Remote asked = remote;
    bolt8.checkHasPeer(asked != null && asked.id() != null, "write ID@HOST:PORT");
    json.choose(main, main.out());
    NodeKey own = key.nodeKey();
    int problems = 0;
    for (Check check : checks(own)) {
      Finding finding = check.run();
      main.narrator().say(Event.Found.of(finding));
      problems += finding.verdict() == Finding.Verdict.PROBLEM ? 1 : 0;
    }
    if (problems > 0) {
      throw new IOException("problems found: %d; each line says what to do".formatted(problems));
    }
    return 0;
  }

  private List<Check> checks(NodeKey own) {
    List<Check> checks =
        new ArrayList<>(
            List.of(
                JavaCheck.ofThisProcess(),
                NativesCheck.ofThisProcess(),
                DescriptorsCheck.ofThisProcess(),
                BacklogCheck.ofThisMachine(),
                MemoryCheck.ofThisProcess(),
                ClockCheck.ofThisMachine()));
    Remote asked = remote;
    if (asked != null) {
      if (asked.address() instanceof InetSocketAddress named) {
        checks.add(new NameCheck(named.getHostString()));
      }
      PeerClient<?> client = client(own, asked.id());
      addresses(asked.address())
          .forEach(address -> checks.add(new ReachCheck(client, address, LIMIT)));
    }
    return checks;
  }

  private PeerClient<?> client(NodeKey own, @Nullable NodeId expected) {
    PeerClient<?> client =
        bolt8.isGiven()
            ? PeerClient.create(own, LightningCodec.create()).dialect(bolt8.dialect())
            : PeerClient.create(own, PacketCodec.pkt());
    return expected == null ? client : client.expect(expected);
  }

  /** Each address of a name; none of one that is not known, which another check says. */
  private static List<SocketAddress> addresses(SocketAddress asked) {
    if (!(asked instanceof InetSocketAddress named)) {
      return List.of(asked);
    }
    try {
      return Arrays.stream(InetAddress.getAllByName(named.getHostString()))
          .<SocketAddress>map(address -> new InetSocketAddress(address, named.getPort()))
          .toList();
    } catch (UnknownHostException e) {
      return List.of();
    }
  }
}
