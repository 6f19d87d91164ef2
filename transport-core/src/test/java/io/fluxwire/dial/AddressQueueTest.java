package io.fluxwire.dial;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** RFC 8305 section 4, without a clock. */
class AddressQueueTest {

  private final AddressMemory memory = new AddressMemory();

  private static List<SocketAddress> addresses(String... hosts) {
    return List.of(DialWorld.addresses(hosts));
  }

  /** {@code v4-1} to {@code v4-250}, or the same of IPv6. */
  private static List<SocketAddress> many(String family, int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(i -> DialWorld.address(family + i)).toList();
  }

  private static List<String> rest(AddressQueue queue) {
    List<String> order = new ArrayList<>();
    while (!queue.isEmpty()) {
      order.add(DialWorld.host(queue.next()));
    }
    return order;
  }

  private AddressQueue queue(List<SocketAddress> answer) {
    AddressQueue queue = new AddressQueue(memory, 1);
    queue.offer(0, answer);
    return queue;
  }

  @Test
  void familiesTakeTurnsFromIpv6On() {
    AddressQueue queue = queue(addresses("v4-1", "v4-2", "v4-3", "v6-1", "v6-2"));
    assertThat(rest(queue)).containsExactly("v6-1", "v4-1", "v6-2", "v4-2", "v4-3");
    assertThat(queue.hasMore()).isFalse();
  }

  @Test
  void aFamilyThatComesLateHasTheNextTurn() {
    AddressQueue queue = queue(addresses("v4-1", "v4-2"));
    assertThat(queue.hasIpv6()).isFalse();
    assertThat(DialWorld.host(queue.next())).isEqualTo("v4-1");
    queue.offer(0, addresses("v6-1"));
    assertThat(queue.hasIpv6()).isTrue();
    assertThat(rest(queue)).containsExactly("v6-1", "v4-2");
  }

  @Test
  void sourcesTakeTurnsWithinAFamily() {
    AddressQueue queue = new AddressQueue(memory, 3);
    queue.offer(0, addresses("v4-1", "v4-2", "v4-3"));
    queue.offer(2, addresses("v4-7", "v4-8"));
    assertThat(rest(queue)).containsExactly("v4-1", "v4-7", "v4-2", "v4-8", "v4-3");
  }

  @Test
  void anAddressIsGivenOnce() {
    AddressQueue queue = new AddressQueue(memory, 2);
    queue.offer(0, addresses("v4-1", "v4-1"));
    assertThat(DialWorld.host(queue.next())).isEqualTo("v4-1");
    queue.offer(1, addresses("v4-1"));
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void whatWasGoodLastGoesFirst() {
    memory.won(DialWorld.address("v4-2"), List.of());
    assertThat(rest(queue(addresses("v6-1", "v4-1", "v4-2"))))
        .containsExactly("v4-2", "v6-1", "v4-1");
  }

  @Test
  void aFamilyThatLostTwiceToTheOtherComesLast() {
    SocketAddress winner = DialWorld.address("v4-9");
    memory.won(winner, addresses("v6-1"));
    assertThat(rest(queue(addresses("v4-1", "v6-1")))).containsExactly("v6-1", "v4-1");
    memory.won(winner, addresses("v6-1"));
    assertThat(rest(queue(addresses("v4-1", "v4-2", "v6-1", "v6-2"))))
        .containsExactly("v4-1", "v4-2", "v6-1", "v6-2");
    memory.won(DialWorld.address("v6-9"), List.of());
    assertThat(rest(queue(addresses("v4-1", "v6-1")))).containsExactly("v6-1", "v4-1");
  }

  @Test
  void aRoundTriesSixtyFourAndTheNextOnesGoOnBehindThem() {
    List<SocketAddress> known = many("v4-", 1, 150);
    AddressQueue first = queue(known);
    assertThat(rest(first)).hasSize(AddressQueue.ATTEMPTS).startsWith("v4-1").endsWith("v4-64");
    assertThat(first.hasMore()).isTrue();
    memory.lost();
    assertThat(rest(queue(known))).startsWith("v4-65").endsWith("v4-128");
    memory.lost();
    assertThat(rest(queue(known)))
        .startsWith("v4-129")
        .contains("v4-150", "v4-1")
        .endsWith("v4-42");
  }

  @Test
  void whatWasGoodLastIsInEveryTurn() {
    memory.won(DialWorld.address("v4-140"), List.of());
    assertThat(rest(queue(many("v4-", 1, 150)))).startsWith("v4-140", "v4-1").hasSize(64);
  }

  @Test
  void manyOfOneFamilyOrSourceLeaveRoomForTheOthers() {
    List<SocketAddress> both =
        Stream.concat(many("v4-", 1, 150).stream(), addresses("v6-1").stream()).toList();
    AddressQueue queue = new AddressQueue(memory, 2);
    queue.offer(0, both);
    queue.offer(1, addresses("v4-200"));
    assertThat(rest(queue)).startsWith("v6-1", "v4-1", "v4-200").hasSize(AddressQueue.ATTEMPTS);
  }
}
