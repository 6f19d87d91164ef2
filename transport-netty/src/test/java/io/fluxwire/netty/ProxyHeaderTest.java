package io.fluxwire.netty;

import static io.fluxwire.netty.ProxyHeaders.LOCAL;
import static io.fluxwire.netty.ProxyHeaders.PROXY;
import static io.fluxwire.netty.ProxyHeaders.TCP4;
import static io.fluxwire.netty.ProxyHeaders.TCP6;
import static io.fluxwire.netty.ProxyHeaders.UDP4;
import static io.fluxwire.netty.ProxyHeaders.UNIX;
import static io.fluxwire.netty.ProxyHeaders.concat;
import static io.fluxwire.netty.ProxyHeaders.hex;
import static io.fluxwire.netty.ProxyHeaders.v1;
import static io.fluxwire.netty.ProxyHeaders.v2;
import static io.fluxwire.netty.ProxyHeaders.v2Of;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.internal.AddressText;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.Unpooled;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.test.scheduler.VirtualTimeScheduler;

class ProxyHeaderTest {

  /** What a peer sends first, as long as a session key. */
  private static final byte[] KEY =
      "\2 whatever a peer sends at first".getBytes(StandardCharsets.US_ASCII);

  private static final String IPV6 = "20010db8000000000000000000000007";

  private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
  private final MemoryDuplex.Pair ends = MemoryDuplex.pair(scheduler);
  private final BufferRecorder rest = BufferRecorder.borrowing();
  private @Nullable SocketAddress address;
  private @Nullable Throwable failure;
  private boolean done;

  private void read() {
    scheduler.schedule(
        () ->
            ProxyHeader.read(ends.acceptor())
                .doOnTerminate(() -> done = true)
                .subscribe(
                    found -> {
                      address = found;
                      ends.acceptor().receive().subscribe(rest);
                      rest.requestUnbounded();
                    },
                    thrown -> failure = thrown));
    scheduler.advanceTime();
  }

  private void arrives(byte[] bytes) {
    ends.dialer().write(Unpooled.wrappedBuffer(bytes), written -> {});
    scheduler.advanceTime();
  }

  private void ends() {
    ends.dialer().shutdownOutput();
    scheduler.advanceTime();
  }

  private void refused(Reason reason, String why) {
    assertThat(failure)
        .isInstanceOfSatisfying(
            HandshakeException.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason))
        .hasMessageContaining(why);
    assertThat(address).isNull();
  }

  private byte[] received() {
    return concat(rest.received().toArray(byte[][]::new));
  }

  static Stream<Arguments> whole() {
    String tlvs = "04 0003 616263 e0 0000 03 0004 12345678".replace(" ", "");
    String own = "memory:1";
    return Stream.of(
        arguments(v1("PROXY TCP4 192.0.2.1 192.0.2.200 56324 9735"), "192.0.2.1:56324"),
        arguments(
            v1("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535"), "255.255.255.255:65535"),
        arguments(v1("PROXY TCP6 2001:db8::7 2001:db8::1 1 2"), "[2001:db8::7]:1"),
        arguments(v1("PROXY TCP6 ::ffff:192.0.2.9 2001:db8::1 1 2"), "192.0.2.9:1"),
        arguments(v1("PROXY UNKNOWN"), own),
        arguments(v1("PROXY UNKNOWN " + "f".repeat(91)), own),
        arguments(v2Of(192, 0, 2, 1, 56_324), "192.0.2.1:56324"),
        arguments(v2(PROXY, TCP4, "c0000201c00002c8dc042607", tlvs), "192.0.2.1:56324"),
        arguments(v2(PROXY, TCP6, IPV6, IPV6, "dc042607"), "[2001:db8::7]:56324"),
        arguments(
            v2(
                PROXY,
                TCP4,
                "c0000201c00002c8dc042607",
                "e0 01f9".replace(" ", ""),
                "00".repeat(505)),
            "192.0.2.1:56324"),
        arguments(v2(PROXY, UNIX, "2f61", "00".repeat(214)), own),
        arguments(v2(PROXY, 0), own),
        arguments(v2(LOCAL, TCP4, "c0000201c00002c8dc042607"), own),
        arguments(v2(LOCAL, 0), own));
  }

  /** In one piece, byte by byte, and in two pieces with each cut: none of them loses a byte. */
  @ParameterizedTest
  @MethodSource("whole")
  void aHeaderTellsTheAddressAndTakesNothingElse(byte[] header, String expected) {
    byte[] all = concat(header, KEY);
    for (int cut = 0; cut <= all.length; cut++) {
      ProxyHeaderTest run = new ProxyHeaderTest();
      run.read();
      run.arrives(Arrays.copyOf(all, cut));
      run.arrives(Arrays.copyOfRange(all, cut, all.length));
      run.tells(expected);
    }
    read();
    for (byte one : all) {
      arrives(new byte[] {one});
    }
    tells(expected);
  }

  private void tells(String expected) {
    assertThat(failure).isNull();
    assertThat(AddressText.of(address)).isEqualTo(expected);
    assertThat(received()).isEqualTo(KEY);
  }

  static Stream<Arguments> malformed() {
    String tcp4 = "c0000201c00002c8dc042607";
    return Stream.of(
        arguments(v1("PROXY TCP4 192.0.2.1 192.0.2.200 56324"), "6 parts"),
        arguments(v1("PROXY TCP4 192.0.2.256 192.0.2.200 56324 9735"), ""),
        arguments(v1("PROXY TCP4 node.example.org 192.0.2.200 1 2"), ""),
        arguments(v1("PROXY TCP4 2001:db8::7 2001:db8::1 1 2"), ""),
        arguments(v1("PROXY TCP6 192.0.2.1 192.0.2.1 1 2"), ""),
        arguments(v1("PROXY TCP4 192.0.2.1 192.0.2.200 65536 9735"), ""),
        arguments(v1("PROXY TCP4 192.0.2.1 192.0.2.200 -1 9735"), ""),
        arguments(v1("PROXY UDP4 192.0.2.1 192.0.2.200 1 2"), ""),
        arguments(v1("PROXY  TCP4 192.0.2.1 192.0.2.200 1 2"), ""),
        arguments(v1("PROXY " + " ".repeat(20)), ""),
        arguments(v1("PROXY UNKNOWN " + "f".repeat(92)), "does not end within 107 bytes"),
        arguments(
            v2(PROXY, TCP4, tcp4, "e0 01fa".replace(" ", ""), "00".repeat(506)),
            "it has 537 bytes"),
        arguments(v2(PROXY, TCP4, "ff".repeat(65_535)), "it has 65551 bytes"),
        arguments(v2(PROXY, TCP4, tcp4.substring(2)), "incomplete IPv4"),
        arguments(v2(PROXY, TCP6, tcp4), "incomplete IPv6"),
        arguments(v2(PROXY, UNIX, tcp4), "incomplete UNIX"),
        arguments(v2(PROXY, UDP4, tcp4), "datagrams"),
        arguments(v2(PROXY, 0x41, tcp4), ""),
        arguments(v2(0x22, TCP4, tcp4), ""),
        arguments(v2(0x11, TCP4, tcp4), ""),
        arguments(v2(0x31, TCP4, tcp4), ""),
        arguments(v2(PROXY, TCP4, tcp4, "030005", "00"), ""),
        arguments(v2(PROXY, TCP4, tcp4, "200004", "00000000"), ""));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void whatIsMalformedOrTooLongIsRefused(byte[] header, String why) {
    read();
    arrives(concat(header, KEY));
    refused(Reason.PROXY_HEADER_MALFORMED, why);
    assertThat(done).isTrue();
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void inPiecesToo(byte[] header, String why) {
    read();
    for (byte one : Arrays.copyOf(header, Math.min(header.length, 600))) {
      arrives(new byte[] {one});
    }
    refused(Reason.PROXY_HEADER_MALFORMED, why);
  }

  /** The peer's own bytes are recognized at once: nobody waits for more of what is no header. */
  @Test
  void whatIsNoHeaderIsRefusedAtItsFirstBytes() {
    read();
    arrives(KEY);
    refused(Reason.PROXY_HEADER_MISSING, "speaks version 3");

    ProxyHeaderTest tls = new ProxyHeaderTest();
    tls.read();
    tls.arrives(hex("1603"));
    tls.refused(Reason.PROXY_HEADER_MISSING, "speaks TLS");

    ProxyHeaderTest almost = new ProxyHeaderTest();
    almost.read();
    almost.arrives(hex("0d0a0d0a000d0a515549540b"));
    almost.refused(Reason.PROXY_HEADER_MISSING, "begins with something else");
  }

  @Test
  void aHeaderThatEndsInTheMiddleIsMalformed() {
    for (byte[] header : new byte[][] {v1("PROXY UNKNOWN"), v2Of(192, 0, 2, 1, 1)}) {
      for (int size = 1; size < header.length; size++) {
        ProxyHeaderTest run = new ProxyHeaderTest();
        run.read();
        run.arrives(Arrays.copyOf(header, size));
        run.ends();
        run.refused(
            Reason.PROXY_HEADER_MALFORMED, "the stream ended %d bytes into it".formatted(size));
      }
    }
  }

  /**
   * Proxies look whether a server is there: with and without a header, by an end and by a reset.
   */
  @Test
  void aConnectionWithoutAByteOfAClientIsAHealthCheck() {
    for (byte[] header : new byte[][] {{}, v2(LOCAL, 0), v1("PROXY UNKNOWN")}) {
      for (boolean orderly : new boolean[] {true, false}) {
        ProxyHeaderTest run = new ProxyHeaderTest();
        run.read();
        if (header.length > 0) {
          run.arrives(header);
        }
        assertThat(run.done).isFalse();
        if (orderly) {
          run.ends();
        } else {
          run.ends.dialer().dispose();
          run.scheduler.advanceTime();
        }
        assertThat(run.done).isTrue();
        assertThat(run.address).isNull();
        assertThat(run.failure).isNull();
      }
    }
  }
}
