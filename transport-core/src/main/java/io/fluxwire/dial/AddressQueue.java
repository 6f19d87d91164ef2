package io.fluxwire.dial;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The addresses of one round in the order in which they are tried: first the last address that
 * connected, then IPv6 and IPv4 alternately (RFC 8305 section 4), and within each family the
 * sources in turn. Each address is returned once.
 *
 * <p>A round takes at most {@link #ATTEMPTS} addresses of each family from a source. In total it
 * tries at most {@link #ATTEMPTS} addresses, or one of each source if there are more sources than
 * that. If a list is longer, the next round continues behind the addresses that this round took.
 */
final class AddressQueue {

  /** How many addresses a round tries: 64. */
  static final int ATTEMPTS = 64;

  private final AddressMemory memory;
  private final Family ipv6;
  private final Family ipv4;
  private final Set<SocketAddress> known = new HashSet<>();
  private int attemptsLeft;
  private boolean hasMore;
  private boolean nextIsIpv6 = true;

  /**
   * An empty queue.
   *
   * @param memory what earlier rounds have learnt
   * @param sources how many sources there are
   */
  AddressQueue(AddressMemory memory, int sources) {
    this.memory = memory;
    this.ipv6 = new Family(sources);
    this.ipv4 = new Family(sources);
    this.attemptsLeft = Math.max(ATTEMPTS, sources);
  }

  /**
   * Takes a source's answer.
   *
   * @param source which one, from 0
   * @param answer any number of addresses, most wanted first
   * @return those addresses that the round considers, in its order
   */
  List<SocketAddress> offer(int source, List<SocketAddress> answer) {
    List<SocketAddress> taken = turn(answer);
    hasMore |= taken.size() < answer.size();
    for (SocketAddress address : taken) {
      Family family = family(address);
      if (family.isFull(source)) {
        hasMore = true;
      } else if (known.add(address)) {
        family.add(source, address);
      }
    }
    return taken;
  }

  /**
   * The part of the list at which the last round ended; it always includes the last address that
   * connected.
   */
  private List<SocketAddress> turn(List<SocketAddress> answer) {
    if (answer.size() <= ATTEMPTS) {
      return answer;
    }
    List<SocketAddress> turn = new ArrayList<>();
    int ipv6s = 0;
    int ipv4s = 0;
    for (int i = 0; i < answer.size(); i++) {
      SocketAddress address =
          answer.get(Math.floorMod((long) memory.failedRounds() * ATTEMPTS + i, answer.size()));
      boolean fits = isIpv6(address) ? ipv6s++ < ATTEMPTS : ipv4s++ < ATTEMPTS;
      if (fits || address.equals(memory.lastGood())) {
        turn.add(address);
      }
    }
    return turn;
  }

  private Family family(SocketAddress address) {
    return isIpv6(address) ? ipv6 : ipv4;
  }

  /** Whether there is no address left to try. */
  boolean isEmpty() {
    return attemptsLeft == 0 || (ipv6.isEmpty() && ipv4.isEmpty());
  }

  boolean hasIpv6() {
    return !ipv6.isEmpty();
  }

  /** Whether the sources have addresses that the round does not try. */
  boolean hasMore() {
    return hasMore || !ipv6.isEmpty() || !ipv4.isEmpty();
  }

  /** Each address is consumed exactly when it is tried (protocol.md section 7). */
  SocketAddress next() {
    attemptsLeft--;
    SocketAddress next = lastGoodOrNext();
    nextIsIpv6 = !isIpv6(next);
    return next;
  }

  private SocketAddress lastGoodOrNext() {
    SocketAddress good = memory.lastGood();
    if (good != null && family(good).remove(good)) {
      return good;
    }
    boolean wantsIpv6 = memory.comesLast(nextIsIpv6) ? !nextIsIpv6 : nextIsIpv6;
    return ipv4.isEmpty() || (wantsIpv6 && !ipv6.isEmpty()) ? ipv6.next() : ipv4.next();
  }

  static boolean isIpv6(SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet6Address;
  }

  /** The addresses of one family, by source. */
  private static final class Family {

    private final List<Deque<SocketAddress>> sources = new ArrayList<>();
    private int size;
    private int turn;

    Family(int sources) {
      for (int i = 0; i < sources; i++) {
        this.sources.add(new ArrayDeque<>(0));
      }
    }

    /** Leaves room for the last address that connected, which is added to a source's share. */
    boolean isFull(int source) {
      return sources.get(source).size() > ATTEMPTS;
    }

    void add(int source, SocketAddress address) {
      sources.get(source).add(address);
      size++;
    }

    boolean remove(SocketAddress address) {
      boolean removed = sources.stream().anyMatch(source -> source.remove(address));
      size -= removed ? 1 : 0;
      return removed;
    }

    boolean isEmpty() {
      return size == 0;
    }

    SocketAddress next() {
      while (sources.get(turn).isEmpty()) {
        turn = (turn + 1) % sources.size();
      }
      SocketAddress next = sources.get(turn).remove();
      size--;
      turn = (turn + 1) % sources.size();
      return next;
    }
  }
}
