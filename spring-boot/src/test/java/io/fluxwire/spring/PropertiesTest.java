package io.fluxwire.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.access.AccessList;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.BanList;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.dial.ReconnectSpec;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.InboundLimits;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.session.SessionTimeouts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class PropertiesTest {

  private static final NodeId ID = NodeKey.generate().id();

  static FluxwireProperties bound(String... properties) {
    Map<String, String> values =
        List.of(properties).stream()
            .map(one -> one.split("=", 2))
            .collect(Collectors.toMap(one -> one[0], one -> one[1]));
    return new Binder(new MapConfigurationPropertySource(values))
        .bindOrCreate("fluxwire", Bindable.of(FluxwireProperties.class));
  }

  /** So that nothing changes for who sets none, and the metadata tells the truth. */
  @Test
  void defaultsAreThoseOfTheBuilders() {
    FluxwireProperties unset = bound("fluxwire.clients.one.expect=" + ID);
    FluxwireProperties.Client client = unset.clients().get("one");

    InboundLimits limits = ServerSettings.limits(unset.server().limits(), InboundLimits.none());
    assertThat(limits).hasToString(InboundLimits.create().toString());
    for (FluxwireProperties.Timeouts timeouts :
        List.of(unset.server().timeouts(), client.timeouts())) {
      assertThat(SessionSettings.timeouts("", timeouts, otherTimeouts()))
          .hasToString(SessionTimeouts.DEFAULT.toString());
    }
    assertThat(SessionSettings.upgrade(unset.upgrade()))
        .hasToString(UpgradePolicy.allowed().toString());
    assertThat(client.connectTimeout()).isEqualTo(PeerClient.CONNECT_TIMEOUT);
    assertThat(unset.channels().maxBytes().toBytes()).isEqualTo(ChannelSpec.MAX_BYTES);
    ReconnectSpec other = ReconnectSpec.create(Duration.ofDays(1), Duration.ofDays(2));
    assertThat(new ClientSettings("one", client).reconnect(other.stableAfter(Duration.ZERO)))
        .hasToString(ReconnectSpec.create().toString());
  }

  private static SessionTimeouts otherTimeouts() {
    Duration other = Duration.ofDays(1);
    return SessionTimeouts.DEFAULT
        .handshake(other)
        .authorizer(other)
        .drain(other)
        .idle(other)
        .write(other)
        .frame(other);
  }

  @Test
  void whatIsSetReachesTheBuilders() {
    FluxwireProperties set =
        bound(
            "fluxwire.server.port=1234",
            "fluxwire.server.host=::1",
            "fluxwire.server.limits.connections=1001",
            "fluxwire.server.limits.per-ipv4-address=1002",
            "fluxwire.server.limits.per-ipv6-net56=1003",
            "fluxwire.server.limits.per-ipv6-net48=1004",
            "fluxwire.server.limits.handshakes=1005",
            "fluxwire.server.limits.handshakes-per-address=1006",
            "fluxwire.server.limits.reserved=1007",
            "fluxwire.server.limits.friends=10.0.0.0/8,2001:db8::/32",
            "fluxwire.server.limits.bytes=10MB",
            "fluxwire.server.timeouts.handshake=11s",
            "fluxwire.server.timeouts.authorizer=12s",
            "fluxwire.server.timeouts.drain=13s",
            "fluxwire.server.timeouts.idle=14s",
            "fluxwire.server.timeouts.write=15s",
            "fluxwire.server.timeouts.frame=16s",
            "fluxwire.upgrade.mode=required",
            "fluxwire.upgrade.post-quantum=off",
            "fluxwire.upgrade.ciphers=chacha20-poly1305,aes-128-gcm",
            "fluxwire.upgrade.keep-alive-interval=31s",
            "fluxwire.upgrade.keep-alive-timeout=17s",
            "fluxwire.upgrade.rotation=18m",
            "fluxwire.clients.one.remotes=one.example.org:1,[::1]:2",
            "fluxwire.clients.one.expect=" + ID,
            "fluxwire.clients.one.reconnect.min=19s",
            "fluxwire.clients.one.reconnect.max=20s",
            "fluxwire.clients.one.reconnect.stable-after=21s");

    assertThat(ServerSettings.limits(set.server().limits(), InboundLimits.create()))
        .hasToString(
            "InboundLimits[1001 connections, 1002 per IPv4 address, 1003 per IPv6 /56, 1004 per"
                + " /48, 1005 handshakes, 1006 per address, 1007 reserved, 10485760 bytes]");
    assertThat(SessionSettings.timeouts("", set.server().timeouts(), SessionTimeouts.DEFAULT))
        .hasToString(
            "SessionTimeouts[handshake PT11S, authorizer PT12S, drain PT13S, idle PT14S, write"
                + " PT15S, frame PT16S]");
    assertThat(SessionSettings.upgrade(set.upgrade()))
        .hasToString(
            "UpgradePolicy[REQUIRED, [ChaCha20-Poly1305, AES-128-GCM], post-quantum OFF, %s,"
                    .formatted(UpgradePolicy.allowed().padding())
                + " keep-alive PT31S, rotation PT18M]");
    ClientSettings one = new ClientSettings("one", set.clients().get("one"));
    assertThat(one.reconnect(ReconnectSpec.create()))
        .hasToString("ReconnectSpec[PT19S to PT20S, stable after PT21S]");
    assertThat(one.apply(set.upgrade(), PeerClient.create()).toString())
        .startsWith("PeerClient[to " + ID + " at")
        .contains("one.example.org:1", "[::1]:2");
    assertThat(ServerSettings.apply(set, PeerServer.create()).toString()).contains("[::1]:1234");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fluxwire.server.port=65536 | fluxwire.server.port | 65535",
        "fluxwire.server.limits.connections=0 | fluxwire.server.limits.connections | above zero",
        "fluxwire.server.limits.per-ipv6-net56=0 | fluxwire.server.limits.per-ipv6-net56 | /56",
        "fluxwire.server.limits.per-ipv6-net48=0 | fluxwire.server.limits.per-ipv6-net48 | /48",
        "fluxwire.server.limits.handshakes=0 | fluxwire.server.limits.handshakes | above zero",
        "fluxwire.server.limits.bytes=1MB | fluxwire.server.limits.bytes | 2097152",
        "fluxwire.server.limits.reserved=3 | fluxwire.server.limits.friends | networks",
        "fluxwire.server.limits.friends=here | fluxwire.server.limits.friends | not a network",
        "fluxwire.server.timeouts.handshake=0s | fluxwire.server.timeouts.handshake | above",
        "fluxwire.server.allow=friend | fluxwire.server.allow[0] | 66 hex digits",
        "fluxwire.server.ban-file=/nowhere/bans | fluxwire.server.ban-file | /nowhere is no folder",
        "fluxwire.server.proxy-protocol.trusted=me | fluxwire.server.proxy-protocol.trusted | not"
            + " a",
        "fluxwire.upgrade.keep-alive-interval=1s | fluxwire.upgrade.keep-alive-interval | PT30S",
        "fluxwire.upgrade.ciphers=aes-256-gcm | fluxwire.upgrade.ciphers | AES-128-GCM",
        "fluxwire.clients.a.expect=anyone | fluxwire.clients.a.remotes | HOST:PORT",
        "fluxwire.clients.a.remotes=a:1 | fluxwire.clients.a.expect | node id",
        "fluxwire.clients.a.expect= | fluxwire.clients.a.expect | Set it to the peer's node id, 66",
        "fluxwire.node.key-file=/nowhere | fluxwire.node.key-file | ephemeral",
        "fluxwire.group.enabled=true | fluxwire.group.enabled | PeerHandler",
      })
  void aBadOneIsNamedWithTheWayOut(String property, String named, String said) {
    Contexts.echo()
        .withPropertyValues(property)
        .run(context -> assertFails(context.getStartupFailure(), named, said));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a | HOST:PORT",
        "::1:9735 | brackets",
        "a:65536 | HOST:PORT",
        "[::1] | HOST:PORT",
      })
  void aBadRemoteIsNamed(String remote, String said) {
    Contexts.node()
        .withPropertyValues(
            "fluxwire.clients.a.expect=" + ID,
            "fluxwire.clients.a.remotes[0]=good:1",
            "fluxwire.clients.a.remotes[1]=" + remote)
        .run(
            context ->
                assertFails(context.getStartupFailure(), "fluxwire.clients.a.remotes[1]", said));
  }

  @Test
  void proxiesReachTheServerAndTheClients() {
    FluxwireProperties set =
        bound(
            "fluxwire.server.proxy-protocol.trusted=10.0.0.0/24,192.0.2.1",
            "fluxwire.clients.a.remotes=" + ID + "@peer.onion:1",
            "fluxwire.clients.a.proxy.address=127.0.0.1:9050",
            "fluxwire.clients.a.proxy.user=alice",
            "fluxwire.clients.a.proxy.password=secret");
    assertThat(set.toString()).doesNotContain("secret");
    // That of a trusted proxy which sends no header is refused: ServerAndClientTest.
    assertThat(ServerSettings.apply(set, PeerServer.create())).isNotNull();
    assertThat(
            new ClientSettings("a", set.clients().get("a"))
                .apply(set.upgrade(), PeerClient.create()))
        .isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "address=here | address | HOST:PORT",
        "address=a:0 | address | HOST:PORT",
        "user=alice | address | both user and password",
        "address=a:1,user=alice | password | both user and password",
        "address=a:1,password=secret | user | both user and password",
        "address=a:1,password=secret,user= | user | 1 to 255",
      })
  void aBadProxyIsNamed(String properties, String named, String said) {
    Contexts.node()
        .withPropertyValues("fluxwire.clients.a.remotes=" + ID + "@a:1")
        .withPropertyValues(
            Stream.of(properties.split(","))
                .map(one -> "fluxwire.clients.a.proxy." + one)
                .toArray(String[]::new))
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(), "fluxwire.clients.a.proxy." + named, said));
  }

  @Test
  void aRemoteCanSayWhoThePeerIs() {
    FluxwireProperties set = bound("fluxwire.clients.a.remotes=" + ID + "@a:1,b:2");
    assertThat(new ClientSettings("a", set.clients().get("a")).requirePeer("a client"))
        .isEqualTo(ID);
    Contexts.node()
        .withPropertyValues(
            "fluxwire.clients.a.remotes=" + ID + "@a:1",
            "fluxwire.clients.a.expect=" + NodeKey.generate().id())
        .run(
            context ->
                assertFails(context.getStartupFailure(), "fluxwire.clients.a.expect", "several"));
  }

  private static void assertFails(Throwable failure, String named, String said) {
    assertThat(failure).isNotNull();
    FailureAnalysis analysis = new FluxwireFailureAnalyzer().analyze(failure);
    assertThat(analysis).as("%s", failure).isNotNull();
    assertThat(analysis.getDescription() + " " + analysis.getAction()).contains(named, said);
  }

  @Test
  void clientsAreSortedByTheirNames() {
    Contexts.node()
        .withPropertyValues(
            "fluxwire.clients.b.remotes=" + ID + "@b:1",
            "fluxwire.clients.d.remotes=" + ID + "@d:1",
            "fluxwire.clients.c.remotes=" + ID + "@c:1",
            "fluxwire.clients.a.remotes=" + ID + "@a:1",
            "fluxwire.clients.b.keep-connected=false",
            "fluxwire.clients.d.keep-connected=false",
            "fluxwire.clients.c.keep-connected=false",
            "fluxwire.clients.a.keep-connected=false")
        .run(
            context ->
                assertThat(context.getBean(FluxwireClients.class).names())
                    .containsExactly("a", "b", "c", "d")
                    .isUnmodifiable());
  }

  @Test
  void aListOfFriendsBesideAnAuthorizerFails() {
    Contexts.echo()
        .withBean(Authorizer.class, Authorizer::anyone)
        .withPropertyValues("fluxwire.server.allow=" + ID)
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(), "fluxwire.server.allow", "Authorizer bean"));
  }

  @Test
  void aListOfNobodyBesideAnAuthorizerFails() {
    Contexts.echo()
        .withBean(Authorizer.class, () -> AccessList.anyoneBut(List.of()))
        .withPropertyValues("fluxwire.server.allow=")
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(), "fluxwire.server.allow", "Authorizer bean"));
  }

  @Test
  void aBanFileBesideABanListFails(@TempDir Path folder) {
    Contexts.echo()
        .withBean(BanList.class, BanList::create)
        .withPropertyValues("fluxwire.server.ban-file=" + folder.resolve("bans"))
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(), "fluxwire.server.ban-file", "BanList bean"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fluxwire.node.ephemeral=true", "fluxwire.node.key-file=/nowhere"})
  void aKeyBesideANodeIdentityFails(String property) {
    Contexts.bare()
        .withUserConfiguration(Contexts.Echo.class)
        .withBean("hsm", NodeIdentity.class, NodeKey::generate)
        .withPropertyValues("fluxwire.server.port=0", property)
        .run(
            context ->
                assertFails(context.getStartupFailure(), name(property), "NodeIdentity bean"));
  }

  private static String name(String property) {
    return property.substring(0, property.indexOf('='));
  }

  private static ApplicationContextRunner ownServer() {
    return Contexts.bare()
        .withBean(
            PeerServer.class,
            () -> PeerServer.create(NodeKey.generate()).host("127.0.0.1").port(0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fluxwire.server.port=0",
        "fluxwire.server.host=127.0.0.1",
        "fluxwire.server.limits.connections=7",
        "fluxwire.server.limits.friends[0]=10.0.0.0/8",
        "fluxwire.server.timeouts.idle=7s",
      })
  void aServersSettingBesideAServerOfTheApplicationsFails(String property) {
    ownServer()
        .withPropertyValues(property)
        .run(context -> assertFails(context.getStartupFailure(), name(property), "PeerServer or"));
  }

  @Test
  void aListBesideAServerOfTheApplicationsIsForThatToAsk(CapturedOutput output) {
    ownServer()
        .withPropertyValues("fluxwire.server.allow=" + ID)
        .run(
            context -> {
              assertThat(context).hasNotFailed().hasSingleBean(AccessList.class);
              assertThat(output).contains("WARN").contains("fluxwire.server.allow");
            });
  }

  @Test
  void settingsOfAServerThatIsSwitchedOffAreNobodys() {
    Contexts.bare()
        .withBean(
            FluxwireServer.class,
            () ->
                FluxwireServer.of(PeerServer.create(NodeKey.generate()).host("127.0.0.1").port(0)))
        .withPropertyValues("fluxwire.server.enabled=false", "fluxwire.server.timeouts.idle=7s")
        .run(context -> assertThat(context).hasNotFailed());
  }

  @Test
  void aNodeWithoutAKeyFails() {
    Contexts.bare()
        .withPropertyValues("fluxwire.server.port=0")
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(),
                    "fluxwire.node.key-file",
                    "fluxwire.node.ephemeral=true"));
  }

  @Test
  void aKeyFileThatIsNoneFails(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("node.key"), "secret");
    Contexts.bare()
        .withPropertyValues("fluxwire.server.port=0", "fluxwire.node.key-file=" + file)
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(), "fluxwire.node.key-file", file.toString()));
  }

  @Test
  void anUnknownOneFails() {
    Contexts.echo()
        .withPropertyValues("fluxwire.server.alow=" + ID)
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .rootCause()
                    .extracting(Throwable::getMessage, InstanceOfAssertFactories.STRING)
                    .contains("fluxwire.server.alow"));
  }
}
