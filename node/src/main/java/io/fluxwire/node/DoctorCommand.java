package io.fluxwire.node;

import io.fluxwire.identity.NodeKey;
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
      "With HOST:PORT it also says what the name resolves to, and tries a handshake at each address. "
          + "The peer sees a node that connects and leaves; give the key that it knows, if it lets "
          + "in only those it knows.",
      "",
      "Each line begins with ok, advice (it works, and would be better otherwise) or problem. The "
          + "exit code is 1 if there is a problem."
    })
final class DoctorCommand implements Callable<Integer> {

  private static final Duration LIMIT = Duration.ofSeconds(5);

  @ParentCommand private Main main;
  @Mixin private KeyOptions key;
  @Mixin private JsonOption json;

  @Parameters(
      paramLabel = "HOST:PORT",
      arity = "0..1",
      description = "Where a peer listens; unix:PATH is a Unix socket.")
  private @Nullable SocketAddress remote;

  @Override
  public Integer call() throws IOException {
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
    SocketAddress asked = remote;
    if (asked instanceof InetSocketAddress named) {
      checks.add(new NameCheck(named.getHostString()));
    }
    addresses(asked).forEach(address -> checks.add(new ReachCheck(own, address, LIMIT)));
    return checks;
  }

  /** Each address of a name; none of one that is not known, which another check says. */
  private static List<SocketAddress> addresses(@Nullable SocketAddress asked) {
    if (!(asked instanceof InetSocketAddress named)) {
      return asked == null ? List.of() : List.of(asked);
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
