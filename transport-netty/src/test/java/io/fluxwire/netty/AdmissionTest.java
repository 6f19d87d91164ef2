package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.HandshakeException;
import io.fluxwire.Reason;
import io.fluxwire.access.CidrList;
import io.fluxwire.memory.MemoryBudget;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  private static final InboundLimits WIDE = InboundLimits.none();

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(text));
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /** Where no time passes. */
  private static Admission admission(InboundLimits limits) {
    return new Admission(limits, () -> 0);
  }

  private static Admission.Slot admit(Admission admission, @Nullable InetAddress address) {
    return admission.admit(
        address,
        () -> {
          throw new AssertionError("nobody has to make way");
        });
  }

  private static void refused(Reason reason, ThrowingCallable attempt) {
    assertThatThrownBy(attempt)
        .isInstanceOfSatisfying(
            HandshakeException.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason));
  }

  /** Exactly as many get in as the limit says, and one more for each that leaves. */
  private static void holds(
      InboundLimits limits, int max, Reason reason, IntFunction<String> addresses) {
    Admission admission = admission(limits);
    List<Admission.Slot> slots = new ArrayList<>();
    for (int i = 0; i < max; i++) {
      slots.add(admit(admission, ip(addresses.apply(i))));
    }
    refused(reason, () -> admit(admission, ip(addresses.apply(max))));

    slots.get(0).release();
    slots.get(0).release();
    slots.add(admit(admission, ip(addresses.apply(max))));
    refused(reason, () -> admit(admission, ip(addresses.apply(max + 1))));

    slots.forEach(Admission.Slot::release);
    slots.forEach(Admission.Slot::handshakeDone);
    assertThat(admission.remembered()).isZero();
  }

  @Test
  void connectionsInAll() {
    holds(WIDE.connections(5), 5, Reason.TOO_MANY_CONNECTIONS, i -> "192.0.2." + i);
  }

  @Test
  void connectionsOfAnIpv4Address() {
    holds(WIDE.perIpv4Address(3), 3, Reason.TOO_MANY_FROM_ADDRESS, i -> "192.0.2.1");
  }

  @Test
  void connectionsOfAnIpv6NetworkHoweverTheyAreSpreadInIt() {
    holds(
        WIDE.perIpv6Network(3, 100),
        3,
        Reason.TOO_MANY_FROM_ADDRESS,
        i -> "2001:db8:1:12%02x::%x".formatted(i * 31, i));
    holds(
        WIDE.perIpv6Network(2, 7),
        7,
        Reason.TOO_MANY_FROM_ADDRESS,
        i -> "2001:db8:1:%x00::1".formatted(i + 1));
  }

  @Test
  void neighboursDoNotCount() {
    Admission admission = admission(WIDE.perIpv4Address(1).perIpv6Network(1, 2));
    admit(admission, ip("192.0.2.1"));
    admit(admission, ip("192.0.2.2"));
    admit(admission, ip("2001:db8:1:100::1"));
    admit(admission, ip("2001:db8:1:200::1"));
    refused(Reason.TOO_MANY_FROM_ADDRESS, () -> admit(admission, ip("2001:db8:1:300::1")));
    admit(admission, ip("2001:db8:2:100::1"));
    // An IPv4 address and a network with the same bits.
    admit(admission, ip("::"));
    admit(admission, ip("0.0.0.0"));
  }

  @Test
  void handshakesInAllAndOfAnAddressUntilTheyAreDone() {
    Admission admission = admission(WIDE.handshakes(3, 2));
    Admission.Slot first = admit(admission, ip("192.0.2.1"));
    admit(admission, ip("192.0.2.1"));
    refused(Reason.TOO_MANY_HANDSHAKES_FROM_ADDRESS, () -> admit(admission, ip("192.0.2.1")));
    Admission.Slot third = admit(admission, ip("192.0.2.2"));
    refused(Reason.TOO_MANY_HANDSHAKES, () -> admit(admission, ip("192.0.2.3")));

    first.handshakeDone();
    first.handshakeDone();
    admit(admission, ip("192.0.2.1"));
    refused(Reason.TOO_MANY_HANDSHAKES, () -> admit(admission, ip("192.0.2.3")));

    // One that is closed before its handshake is done may still be computed.
    third.release();
    refused(Reason.TOO_MANY_HANDSHAKES, () -> admit(admission, ip("192.0.2.3")));
    third.handshakeDone();
    third.release();
    admit(admission, ip("192.0.2.3"));
    refused(Reason.TOO_MANY_HANDSHAKES, () -> admit(admission, ip("192.0.2.4")));
  }

  @Test
  void handshakesOfAnIpv6NetworkCountTogether() {
    Admission admission = admission(WIDE.handshakes(100, 2));
    admit(admission, ip("2001:db8:1:101::1"));
    admit(admission, ip("2001:db8:1:1ff::2"));
    refused(
        Reason.TOO_MANY_HANDSHAKES_FROM_ADDRESS, () -> admit(admission, ip("2001:db8:1:100::3")));
    admit(admission, ip("2001:db8:1:200::3"));
  }

  @Test
  void friendsGetInWhereTheLimitsLeaveNoPlace() {
    Admission admission =
        admission(WIDE.connections(2).handshakes(2, 1).reserve(2, CidrList.of("198.51.100.0/24")));
    // As long as there is place, friends take no reserved slot.
    Admission.Slot early = admit(admission, ip("198.51.100.1"));
    admit(admission, ip("192.0.2.1"));
    refused(Reason.TOO_MANY_CONNECTIONS, () -> admit(admission, ip("192.0.2.2")));

    Admission.Slot reserved = admit(admission, ip("198.51.100.1"));
    assertThat(admission.usage(null).reserved()).isEqualTo(new InboundUsage.Share(1, 2));
    admit(admission, ip("198.51.100.1"));
    refused(Reason.TOO_MANY_CONNECTIONS, () -> admit(admission, ip("198.51.100.2")));

    // A reserved slot that is free is no stranger's.
    reserved.release();
    refused(Reason.TOO_MANY_CONNECTIONS, () -> admit(admission, ip("192.0.2.2")));
    admit(admission, ip("198.51.100.3"));
    early.handshakeDone();
    early.release();
    admit(admission, ip("192.0.2.2"));
  }

  @Test
  void whatIsUsedOfTheLimitsCanBeSeen() {
    Admission admission = admission(InboundLimits.create().connections(3));
    assertThat(admission.usage(null).connections()).isEqualTo(new InboundUsage.Share(0, 3));

    Admission.Slot first = admit(admission, ip("192.0.2.1"));
    admit(admission, ip("192.0.2.1"));
    first.handshakeDone();
    InboundUsage used = admission.usage(new MemoryBudget(4 << 20, change -> {}));
    assertThat(used.connections()).isEqualTo(new InboundUsage.Share(2, 3));
    assertThat(used.handshakes()).isEqualTo(new InboundUsage.Share(1, 64));
    assertThat(used.reserved()).isEqualTo(new InboundUsage.Share(0, 0));
    assertThat(used.bytes()).isEqualTo(new InboundUsage.Share(0, 4 << 20));

    InboundUsage unlimited = admission(InboundLimits.none()).usage(null);
    assertThat(unlimited.connections().isLimited()).isFalse();
    assertThat(unlimited.bytes().isLimited()).isFalse();
    assertThat(used.bytes().isLimited()).isTrue();
  }

  /** Names those who make way. */
  private static final class Timed {

    final List<String> gone = new ArrayList<>();
    private final Admission admission;
    private long nanos;

    Timed(InboundLimits limits) {
      admission = new Admission(limits, () -> nanos);
    }

    void at(Duration time) {
      nanos = time.toNanos();
    }

    Admission.Slot admit(String address) {
      return admission.admit(ip(address), () -> gone.add(address));
    }
  }

  @Test
  void theOldestHandshakeMakesWayOnceItHasTakenLong() {
    Timed timed = new Timed(WIDE.handshakes(2, 2));
    Admission.Slot first = timed.admit("192.0.2.1");
    timed.at(Duration.ofMillis(400));
    Admission.Slot second = timed.admit("192.0.2.2");
    timed.at(Admission.GRACE.minusNanos(1));
    refused(Reason.TOO_MANY_HANDSHAKES, () -> timed.admit("192.0.2.3"));

    timed.at(Admission.GRACE);
    timed.admit("192.0.2.3");
    assertThat(timed.gone).containsExactly("192.0.2.1");
    refused(Reason.TOO_MANY_HANDSHAKES, () -> timed.admit("192.0.2.4"));
    timed.at(Admission.GRACE.plusMillis(400));
    timed.admit("192.0.2.4");
    assertThat(timed.gone).containsExactly("192.0.2.1", "192.0.2.2");

    // Whose slot is gone has none to give back.
    first.handshakeDone();
    first.release();
    second.release();
    refused(Reason.TOO_MANY_HANDSHAKES, () -> timed.admit("192.0.2.5"));
    assertThat(timed.admission.remembered()).isEqualTo(4);
  }

  @Test
  void whoIsThroughTheHandshakeStays() {
    Timed timed = new Timed(WIDE.connections(2));
    timed.admit("192.0.2.1").handshakeDone();
    Admission.Slot slow = timed.admit("192.0.2.2");
    timed.at(Admission.GRACE);
    timed.admit("192.0.2.3").handshakeDone();
    assertThat(timed.gone).containsExactly("192.0.2.2");
    slow.release();
    timed.at(Duration.ofDays(1));
    refused(Reason.TOO_MANY_CONNECTIONS, () -> timed.admit("192.0.2.4"));
  }

  @Test
  void nobodyMakesWayForAnAddressThatHasItsShare() {
    Timed timed = new Timed(WIDE.handshakes(3, 2).perIpv4Address(3));
    timed.admit("192.0.2.1");
    timed.admit("192.0.2.2");
    timed.admit("192.0.2.2");
    timed.at(Duration.ofDays(1));
    refused(Reason.TOO_MANY_HANDSHAKES_FROM_ADDRESS, () -> timed.admit("192.0.2.2"));
    assertThat(timed.gone).isEmpty();
  }

  @Test
  void friendsNeverMakeWayAndTakeAReservedSlotFirst() {
    Timed timed = new Timed(WIDE.handshakes(2, 2).reserve(1, CidrList.of("198.51.100.0/24")));
    timed.admit("198.51.100.1");
    timed.admit("192.0.2.1");
    timed.at(Duration.ofDays(1));
    timed.admit("198.51.100.2");
    assertThat(timed.gone).as("there was a reserved slot").isEmpty();
    timed.admit("198.51.100.3");
    assertThat(timed.gone).containsExactly("192.0.2.1");
    timed.at(Duration.ofDays(2));
    refused(Reason.TOO_MANY_HANDSHAKES, () -> timed.admit("192.0.2.2"));
    refused(Reason.TOO_MANY_HANDSHAKES, () -> timed.admit("198.51.100.4"));
    assertThat(timed.gone).hasSize(1);
  }

  private static Admission.Slot unidentified(Admission admission) {
    return admission.admitUnidentified(
        () -> {
          throw new AssertionError("nobody has to make way");
        });
  }

  @Test
  void aProxysConnectionCountsForItsClientOnceThatIsKnown() {
    Admission admission = admission(WIDE.perIpv4Address(2).connections(5));
    List<Admission.Slot> slots = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      slots.add(unidentified(admission));
    }
    assertThat(admission.remembered()).isZero();
    refused(Reason.TOO_MANY_CONNECTIONS, () -> unidentified(admission));

    admission.identify(slots.get(0), ip("192.0.2.1"));
    admission.identify(slots.get(1), ip("192.0.2.1"));
    refused(Reason.TOO_MANY_FROM_ADDRESS, () -> admission.identify(slots.get(2), ip("192.0.2.1")));
    slots.remove(2).release();
    refused(Reason.TOO_MANY_FROM_ADDRESS, () -> admit(admission, ip("192.0.2.1")));
    admission.identify(slots.get(2), ip("192.0.2.2"));
    admission.identify(slots.get(3), null);
    slots.add(admit(admission, ip("192.0.2.2")));
    refused(Reason.TOO_MANY_CONNECTIONS, () -> unidentified(admission));

    slots.forEach(Admission.Slot::handshakeDone);
    slots.forEach(Admission.Slot::release);
    assertThat(admission.remembered()).isZero();
    assertThat(admission.usage(null).connections().used()).isZero();
  }

  @Test
  void handshakesOfAProxysClientsAreCountedForThem() {
    Admission admission = admission(WIDE.handshakes(3, 1));
    Admission.Slot first = unidentified(admission);
    admission.identify(first, ip("192.0.2.1"));
    Admission.Slot second = unidentified(admission);
    refused(
        Reason.TOO_MANY_HANDSHAKES_FROM_ADDRESS, () -> admission.identify(second, ip("192.0.2.1")));
    first.handshakeDone();
    admission.identify(second, ip("192.0.2.1"));
    unidentified(admission);
    unidentified(admission);
    refused(Reason.TOO_MANY_HANDSHAKES, () -> unidentified(admission));
  }

  /** Nobody knows whether a friend comes: the slots of friends are lent until that is known. */
  @Test
  void friendsGetInByAProxyWhereTheLimitsLeaveNoPlace() {
    Admission admission =
        admission(WIDE.connections(2).perIpv4Address(1).reserve(2, CidrList.of("198.51.100.0/24")));
    Admission.Slot stranger = admit(admission, ip("192.0.2.1"));
    Admission.Slot inTime = unidentified(admission);
    Admission.Slot friend = unidentified(admission);
    Admission.Slot noFriend = unidentified(admission);
    InboundUsage.Share all = new InboundUsage.Share(2, 2);
    assertThat(admission.usage(null).reserved()).isEqualTo(all);
    refused(Reason.TOO_MANY_CONNECTIONS, () -> unidentified(admission));

    admission.identify(friend, ip("198.51.100.1"));
    refused(Reason.TOO_MANY_CONNECTIONS, () -> admission.identify(noFriend, ip("192.0.2.2")));
    noFriend.release();
    assertThat(admission.usage(null).reserved()).isEqualTo(new InboundUsage.Share(1, 2));

    // A friend's second connection from an address that may have one.
    admission.identify(inTime, ip("198.51.100.2"));
    Admission.Slot again = unidentified(admission);
    admission.identify(again, ip("198.51.100.2"));
    assertThat(admission.usage(null).reserved()).isEqualTo(all);
    assertThat(admission.usage(null).connections()).isEqualTo(all);
    again.release();

    // By the time that this one is known there is place.
    Admission.Slot late = unidentified(admission);
    assertThat(admission.usage(null).reserved()).isEqualTo(all);
    stranger.handshakeDone();
    stranger.release();
    admission.identify(late, ip("192.0.2.3"));
    assertThat(admission.usage(null).reserved()).isEqualTo(new InboundUsage.Share(1, 2));
    assertThat(admission.usage(null).connections()).isEqualTo(all);

    List.of(inTime, friend, late).forEach(Admission.Slot::handshakeDone);
    List.of(inTime, friend, late).forEach(Admission.Slot::release);
    assertThat(admission.remembered()).isZero();
    assertThat(admission.usage(null).reserved().used()).isZero();
    assertThat(admission.usage(null).connections().used()).isZero();
    assertThat(admission.usage(null).handshakes().used()).isZero();
  }

  @Test
  void aFriendThatALimitOfItsAddressRefusesMovesToAReservedSlot() {
    Timed timed =
        new Timed(
            WIDE.perIpv4Address(1).handshakes(2, 2).reserve(1, CidrList.of("198.51.100.0/24")));
    Admission admission = timed.admission;
    timed.admit("198.51.100.1");
    Admission.Slot second = admission.admitUnidentified(() -> timed.gone.add("second"));
    admission.identify(second, ip("198.51.100.1"));
    assertThat(admission.usage(null).reserved().used()).isEqualTo(1);
    assertThat(admission.usage(null).connections().used()).isEqualTo(1);
    assertThat(admission.usage(null).handshakes().used()).isEqualTo(1);

    timed.at(Duration.ofDays(1));
    timed.admit("192.0.2.1");
    refused(Reason.TOO_MANY_HANDSHAKES, () -> timed.admit("192.0.2.2"));
    assertThat(timed.gone).isEmpty();
    second.handshakeDone();
    second.release();
    assertThat(admission.usage(null).reserved().used()).isZero();
    assertThat(admission.usage(null).handshakes().used()).isEqualTo(2);
  }

  /**
   * A header that does not come must not keep others out, and one that comes late changes nothing.
   */
  @Test
  void whoWaitsForAProxysHeaderMakesWayUnlessAFriendIsTold() {
    Timed timed = new Timed(WIDE.handshakes(2, 2).reserve(1, CidrList.of("198.51.100.0/24")));
    Admission.Slot silent = timed.admission.admitUnidentified(() -> timed.gone.add("silent"));
    Admission.Slot friend = timed.admission.admitUnidentified(() -> timed.gone.add("friend"));
    timed.admission.identify(friend, ip("198.51.100.1"));
    timed.at(Admission.GRACE);
    timed.admit("192.0.2.1").handshakeDone();
    assertThat(timed.gone).containsExactly("silent");
    int remembered = timed.admission.remembered();
    timed.admission.identify(silent, ip("192.0.2.7"));
    assertThat(timed.admission.remembered()).isEqualTo(remembered);
    assertThat(timed.admission.usage(null).connections().used()).isEqualTo(2);
    timed.at(Duration.ofDays(1));
    timed.admit("192.0.2.2");
    refused(Reason.TOO_MANY_HANDSHAKES, () -> timed.admit("192.0.2.3"));
    assertThat(timed.gone).containsExactly("silent");
  }

  @Test
  void sharedAddressesHaveOnlyTheLimitsOfAll() {
    Admission admission =
        admission(InboundLimits.create().connections(20).perIpv4Address(1).perIpv6Network(1, 1));
    for (int i = 0; i < 18; i++) {
      admit(admission, ip("127.0.0.1"));
    }
    admit(admission, ip("::1"));
    admit(admission, null);
    refused(Reason.TOO_MANY_CONNECTIONS, () -> admit(admission, ip("127.0.0.1")));
    refused(Reason.TOO_MANY_CONNECTIONS, () -> admit(admission, null));

    Admission strict = admission(WIDE.perIpv4Address(1).shared(address -> false));
    admit(strict, ip("127.0.0.1"));
    refused(Reason.TOO_MANY_FROM_ADDRESS, () -> admit(strict, ip("127.0.0.1")));
  }

  @Test
  void defaults() {
    assertThat(InboundLimits.create())
        .hasToString(
            "InboundLimits[128 connections, 8 per IPv4 address, 8 per IPv6 /56, 32 per /48,"
                + " 64 handshakes, 4 per address, 0 reserved, 67108864 bytes]");
    for (ThrowingCallable none :
        List.<ThrowingCallable>of(
            () -> WIDE.connections(0),
            () -> WIDE.perIpv4Address(0),
            () -> WIDE.perIpv6Network(0, 1),
            () -> WIDE.perIpv6Network(1, 0),
            () -> WIDE.handshakes(0, 1),
            () -> WIDE.handshakes(1, 0),
            () -> WIDE.reserve(0, address -> true))) {
      assertThatThrownBy(none)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith("is above zero, not 0");
    }
  }

  @Test
  void countsHoldWhateverThreadsDo() throws Exception {
    Admission admission = admission(WIDE.connections(16).handshakes(8, 3).perIpv4Address(4));
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger admitted = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(4);
    for (int t = 0; t < 4; t++) {
      Random random = new Random(t);
      new Thread(
              () -> {
                for (int i = 0; i < 20_000; i++) {
                  try {
                    Admission.Slot slot = admit(admission, ip("192.0.2." + random.nextInt(8)));
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    admitted.incrementAndGet();
                    boolean early = random.nextBoolean();
                    if (early) {
                      slot.handshakeDone();
                    }
                    inside.decrementAndGet();
                    slot.release();
                    if (!early) {
                      slot.handshakeDone();
                    }
                  } catch (HandshakeException e) {
                    Thread.onSpinWait();
                  }
                }
                done.countDown();
              })
          .start();
    }
    done.await();

    assertThat(most.get()).isBetween(1, 16);
    assertThat(admitted.get()).isPositive();
    assertThat(admission.remembered()).isZero();
    for (int i = 0; i < 8; i++) {
      admit(admission, ip("192.0.2." + i));
    }
    refused(Reason.TOO_MANY_HANDSHAKES, () -> admit(admission, ip("192.0.2.9")));
  }
}
