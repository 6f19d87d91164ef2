package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.testing.BufferRecorder;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.Disposable;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * Whatever a proxy sends first, in any pieces, is an address, with all that follows the header left
 * for the handshake, or a typed refusal, or a connection that nobody has used.
 */
class ProxyHeaderFuzzTest {

  private static final int SENT = 1500;
  private static final Set<Reason> REFUSALS =
      Set.of(Reason.PROXY_HEADER_MALFORMED, Reason.PROXY_HEADER_MISSING);

  @FuzzTest
  void read(FuzzedDataProvider data) {
    VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
    MemoryDuplex.Pair ends = MemoryDuplex.pair(scheduler);
    AtomicReference<SocketAddress> address = new AtomicReference<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    BufferRecorder rest = BufferRecorder.borrowing();
    Disposable reading =
        ProxyHeader.read(ends.acceptor())
            .subscribe(
                found -> {
                  address.set(found);
                  ends.acceptor().receive().subscribe(rest);
                  rest.requestUnbounded();
                },
                failure::set);
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    while (data.remainingBytes() > 0 && sent.size() < SENT) {
      byte[] piece = data.consumeBytes(data.consumeInt(1, 600));
      sent.writeBytes(piece);
      ends.dialer().write(Unpooled.wrappedBuffer(piece), written -> {});
      scheduler.advanceTime();
    }
    ends.dialer().shutdownOutput();
    scheduler.advanceTime();

    assertThat(reading.isDisposed()).as("it is decided").isTrue();
    if (address.get() != null) {
      assertThat(address.get())
          .isInstanceOfSatisfying(
              InetSocketAddress.class,
              found -> assertThat(found.isUnresolved()).isEqualTo(isOwn(found)));
      byte[] left = ProxyHeaders.concat(rest.received().toArray(byte[][]::new));
      byte[] all = sent.toByteArray();
      int header = all.length - left.length;
      assertThat(header).isBetween(15, ProxyHeader.MAX_V2);
      assertThat(left).isEqualTo(Arrays.copyOfRange(all, header, all.length));
    } else if (failure.get() != null) {
      assertThat(failure.get())
          .isInstanceOfSatisfying(
              HandshakeException.class, refusal -> assertThat(REFUSALS).contains(refusal.reason()));
    } else {
      assertThat(sent.size()).isLessThanOrEqualTo(ProxyHeader.MAX_V2);
    }
    ends.acceptor().dispose();
    scheduler.advanceTime();
    scheduler.dispose();
  }

  private static boolean isOwn(InetSocketAddress found) {
    return found.getHostString().equals("memory");
  }
}
