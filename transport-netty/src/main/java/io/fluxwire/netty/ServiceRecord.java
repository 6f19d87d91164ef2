package io.fluxwire.netty;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/**
 * One server of a service, as an SRV record names it (RFC 2782).
 *
 * @param priority the lower, the earlier it is tried
 * @param weight its share among those of its priority
 * @param port its port
 * @param target its name; a dot says that there is no such service
 */
record ServiceRecord(int priority, int weight, int port, String target) {

  /** Reads the data of a record; the name may refer to other parts of the message. */
  static ServiceRecord read(ByteBuf data) {
    return new ServiceRecord(
        data.readUnsignedShort(),
        data.readUnsignedShort(),
        data.readUnsignedShort(),
        DefaultDnsRecordDecoder.decodeName(data));
  }

  boolean isNone() {
    return target.equals(".");
  }

  InetSocketAddress address() {
    return InetSocketAddress.createUnresolved(
        target.endsWith(".") ? target.substring(0, target.length() - 1) : target, port);
  }

  /**
   * The order in which servers are tried: by priority, and among those of one priority by chance,
   * weighted, so that clients spread over them.
   *
   * @param records the servers
   * @param random gives a number from 0 to below its argument
   */
  static List<ServiceRecord> inOrder(List<ServiceRecord> records, IntUnaryOperator random) {
    TreeMap<Integer, List<ServiceRecord>> byPriority = new TreeMap<>();
    records.forEach(
        one -> byPriority.computeIfAbsent(one.priority, key -> new ArrayList<>()).add(one));
    List<ServiceRecord> order = new ArrayList<>();
    byPriority.values().forEach(equals -> draw(equals, random, order));
    return order;
  }

  private static void draw(
      List<ServiceRecord> left, IntUnaryOperator random, List<ServiceRecord> order) {
    // So that those of weight 0 have a small chance.
    left.sort(Comparator.comparing(ServiceRecord::weight));
    while (!left.isEmpty()) {
      int sum = left.stream().mapToInt(ServiceRecord::weight).sum();
      int drawn = random.applyAsInt(sum + 1);
      int index = 0;
      for (int passed = left.get(0).weight; passed < drawn; passed += left.get(index).weight) {
        index++;
      }
      order.add(left.remove(index));
    }
  }
}
