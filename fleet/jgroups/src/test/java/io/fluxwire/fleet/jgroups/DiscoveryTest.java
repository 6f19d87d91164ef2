package io.fluxwire.fleet.jgroups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jgroups.protocols.dns.DNSResolver.DNSRecordType;
import org.jgroups.stack.IpAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** How instances find each other. */
@Timeout(180)
class DiscoveryTest {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final NodeKey key = NodeKey.generate();
  private final List<Member> joined = new ArrayList<>();

  @AfterEach
  void leave() {
    joined.forEach(Member::leave);
  }

  private JGroupsEngine.Builder engine(Discovery discovery) {
    return JGroupsEngine.builder("shop", key, discovery).bind(LOOPBACK);
  }

  private Member join(String name, JGroupsEngine engine) {
    Member member = Member.join(name, engine);
    joined.add(member);
    return member;
  }

  @Test
  void byATableOfADatabase(@TempDir Path folder) {
    SQLiteDataSource database = new SQLiteDataSource();
    database.setUrl("jdbc:sqlite:" + folder.resolve("fleet.db"));
    List<Integer> ports = Ports.free(2);

    Member first = join("first", engine(Discovery.database(database)).port(ports.get(0)).build());
    join("second", engine(Discovery.database(database)).port(ports.get(1)).build());

    first.awaitMembers(2);
  }

  @Test
  void byANameOnTheNextPorts() {
    int port = Ports.free(1).get(0);
    JGroupsEngine engine = engine(Discovery.dns("localhost")).ports(port, 3).build();

    Member first = join("first", engine);
    join("second", engine);

    first.awaitMembers(2);
  }

  @Test
  void aNameIsLookedUpEachTimeAndAPortIsTakenAsItIs() {
    HostResolver resolver =
        new HostResolver(
            List.of(
                InetSocketAddress.createUnresolved("127.0.0.1", 7800),
                InetSocketAddress.createUnresolved("no such name.invalid", 7800),
                InetSocketAddress.createUnresolved("127.0.0.2", 7900)),
            1);

    assertThat(resolver.resolveIps("", DNSRecordType.SRV).stream().map(IpAddress.class::cast))
        .extracting(IpAddress::toString)
        .containsExactly("127.0.0.1:7800", "127.0.0.1:7801", "127.0.0.2:7900", "127.0.0.2:7901");
  }

  @Test
  void aPortThatIsTakenIsAFailureThatSaysSo() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, LOOPBACK)) {
      JGroupsEngine engine = engine(Discovery.dns("localhost")).port(taken.getLocalPort()).build();
      Member member = new Member("late");

      assertThatThrownBy(() -> engine.join(member.id, member).block(Member.LIMIT))
          .isInstanceOfSatisfying(
              FleetEngineException.class,
              e -> assertThat(e.kind()).isEqualTo(FleetEngineException.Kind.FAILED))
          .hasMessageContaining("cannot listen");
    }
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    Discovery discovery = Discovery.dns("localhost");
    assertThatIllegalArgumentException().isThrownBy(() -> Discovery.hosts());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JGroupsEngine.builder("no spaces", key, discovery));
    assertThatIllegalArgumentException().isThrownBy(() -> engine(discovery).port(0));
    assertThatIllegalArgumentException().isThrownBy(() -> engine(discovery).ports(65_535, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> engine(discovery).ports(7_800, 101));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine(discovery).bind(new InetSocketAddress(0).getAddress()));
  }
}
