package io.fluxwire.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.access.Authorizer;
import io.fluxwire.handshake.Dialect;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.lightning.LightningCodec;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.Finding.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Sinks;

/** What the doctor finds, and what it says to do. */
@ExtendWith(NoStandardInput.class)
class DoctorTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path folder;
  private final Said out = new Said();
  private final Said err = new Said();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  private int run(String... args) {
    return Main.run(new Output("out", out, false), new Output("err", err, true), args);
  }

  @Test
  void aMachineIsLookedAtWithoutAPeer() {
    assertThat(run("doctor")).as(err.toString()).isZero();

    assertThat(out.toString().lines())
        .extracting(line -> line.split(" +", -1)[1])
        .containsExactly("java", "natives", "files", "backlog", "memory", "clock");
    assertThat(out.toString()).doesNotContain("Exception", "@");
  }

  @Test
  void aPeerThatAnswersIsNamed() {
    Sinks.One<CloseReason> end = Sinks.one();
    server =
        PeerServer.create()
            .host("127.0.0.1")
            .handle(peer -> peer.onClose().doOnNext(end::tryEmitValue).then())
            .bindNow();

    assertThat(run("doctor", "127.0.0.1:" + server.port())).as(out.toString()).isZero();
    assertThat(end.asMono().block(LIMIT).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    assertThat(out.toString())
        .contains("ok       name     127.0.0.1 is 127.0.0.1")
        .contains("ok       reach    127.0.0.1:" + server.port() + ": node " + server.id());
  }

  @Test
  void aPeerThatIsNotWhoItShouldBeIsAProblem() {
    server = PeerServer.create().host("127.0.0.1").bindNow();
    String at = "@127.0.0.1:" + server.port();

    assertThat(run("doctor", server.id() + at)).as(out.toString()).isZero();
    assertThat(run("doctor", NodeKey.generate().id() + at)).isEqualTo(1);
    assertThat(out.toString()).contains("problem  reach");
  }

  @Test
  void aLightningNodeIsReachedByItsOwnHandshake() {
    server =
        PeerServer.create(NodeKey.generate(), LightningCodec.create())
            .dialects(Dialect.BOLT8)
            .host("127.0.0.1")
            .bindNow();
    String at = "@127.0.0.1:" + server.port();

    assertThat(run("doctor", "--bolt8", server.id() + at)).as(out.toString()).isZero();
    assertThat(out.toString())
        .contains("ok       reach    127.0.0.1:" + server.port() + ": node " + server.id())
        .contains("(bolt8, ChaCha20-Poly1305)");
    assertThat(run("doctor", "--bolt8", NodeKey.generate().id() + at)).isEqualTo(1);
    assertThat(out.toString()).contains("problem  reach");
  }

  @Test
  void aLightningNodeIsNotDialledWithoutItsId() {
    assertThat(run("doctor", "--bolt8", "127.0.0.1:1")).isEqualTo(2);
    assertThat(err.toString()).contains("write ID@HOST:PORT");
  }

  @Test
  void aPeerThatLetsNobodyInIsAProblem() {
    List<NodeId> others = List.of(NodeKey.generate().id());
    server = PeerServer.create().host("127.0.0.1").authorize(Authorizer.allowing(others)).bindNow();

    assertThat(run("doctor", "127.0.0.1:" + server.port())).isEqualTo(1);
    assertThat(out.toString())
        .contains("problem  reach")
        .contains("What to do: ask whoever runs it to let this id in");
    assertThat(err.toString()).isEqualTo("doctor: problems found: 1; each line says what to do\n");
  }

  @Test
  void aNameThatNobodyKnowsIsAProblem() {
    assertThat(run("doctor", "nosuch.invalid:1", "--json")).isEqualTo(1);

    assertThat(out.toString())
        .contains("{\"event\":\"found\",\"check\":\"name\",\"verdict\":\"problem\",")
        .doesNotContain("\"reach\"");
  }

  @Test
  void whoSaysNothingIsGivenUp() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ReachCheck check =
          new ReachCheck(
              PeerClient.create(), silent.getLocalSocketAddress(), Duration.ofMillis(300));

      Finding finding = check.run();

      assertThat(finding.verdict()).isEqualTo(Verdict.PROBLEM);
      assertThat(finding.found()).contains("no answer of 127.0.0.1:" + silent.getLocalPort());
      assertThat(finding.advice()).contains("check the port");
    }
  }

  @ParameterizedTest
  @CsvSource({"4,ADVICE", "1023,ADVICE", "1024,OK", "many,OK"})
  void aShortBacklogIsSaid(String setting, Verdict verdict) throws IOException {
    Path file = Files.writeString(folder.resolve("somaxconn"), setting + "\n");

    assertThat(new BacklogCheck(file).run().verdict()).isEqualTo(verdict);
  }

  @Test
  void aSystemWithoutTheSettingIsNoProblem() {
    assertThat(new BacklogCheck(folder.resolve("none")).run().found()).contains("does not say");
  }

  @ParameterizedTest
  @CsvSource({"-1,OK", "256,ADVICE", "4095,ADVICE", "4096,OK"})
  void fewFilesAreSaid(long limit, Verdict verdict) {
    assertThat(new DescriptorsCheck(limit).run().verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({"255,256,ADVICE", "256,255,ADVICE", "256,256,OK"})
  void littleMemoryIsSaid(long heap, long buffers, Verdict verdict) {
    assertThat(new MemoryCheck(heap << 20, buffers << 20).run().verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({"-1,PROBLEM", "0,OK"})
  void aClockThatIsFarBackIsAProblem(long seconds, Verdict verdict) {
    Clock clock = Clock.fixed(ClockCheck.EARLIEST.plusSeconds(seconds), ZoneOffset.UTC);

    assertThat(new ClockCheck(clock).run().verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "Linux,true,libsecp256k1,OK",
    "Linux,false,libsecp256k1,ADVICE",
    "Mac OS X,false,libsecp256k1,OK",
    "Linux,true,BouncyCastle,ADVICE"
  })
  void nativeCodeThatIsNotUsedIsSaid(String system, boolean epoll, String curve, Verdict verdict) {
    assertThat(new NativesCheck(system, epoll, curve).run().verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({"1,ADVICE", "2,OK"})
  void oneProcessorIsSaid(int processors, Verdict verdict) {
    assertThat(new JavaCheck("17", "somebody", processors).run().verdict()).isEqualTo(verdict);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theBacklogIsTheWholeNumberOfTheSystem() throws Exception {
    Process cat = new ProcessBuilder("cat", "/proc/sys/net/core/somaxconn").start();
    int limit = Integer.parseInt(new String(cat.getInputStream().readAllBytes(), UTF_8).strip());

    assertThat(BacklogCheck.ofThisMachine().run().found())
        .startsWith("%,d connections".formatted(limit));
  }
}
