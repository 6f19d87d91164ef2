package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

class ServiceRecordTest {

  private final List<Integer> bounds = new ArrayList<>();

  private static ServiceRecord server(int priority, int weight) {
    return new ServiceRecord(priority, weight, 9735, "p%dw%d.".formatted(priority, weight));
  }

  private List<String> order(List<ServiceRecord> servers, Integer... drawn) {
    Deque<Integer> chances = new ArrayDeque<>(List.of(drawn));
    IntUnaryOperator random =
        bound -> {
          bounds.add(bound);
          return chances.remove();
        };
    return ServiceRecord.inOrder(servers, random).stream().map(ServiceRecord::target).toList();
  }

  @Test
  void aLowerPriorityComesFirstWhateverItsWeight() {
    List<ServiceRecord> servers = List.of(server(2, 100), server(0, 1), server(1, 65_535));
    assertThat(order(servers, 0, 0, 0)).containsExactly("p0w1.", "p1w65535.", "p2w100.");
  }

  /** RFC 2782: the first whose running sum is at least the number that was drawn. */
  @Test
  void amongEqualsTheWeightsDraw() {
    List<ServiceRecord> servers = List.of(server(0, 3), server(0, 0), server(0, 1));
    assertThat(order(servers, 0, 0, 0)).containsExactly("p0w0.", "p0w1.", "p0w3.");
    assertThat(bounds).containsExactly(5, 5, 4);
    assertThat(order(servers, 1, 3, 0)).containsExactly("p0w1.", "p0w3.", "p0w0.");
    assertThat(order(servers, 2, 1, 0)).containsExactly("p0w3.", "p0w1.", "p0w0.");
    assertThat(order(servers, 4, 0, 1)).containsExactly("p0w3.", "p0w0.", "p0w1.");
  }

  @Test
  void clientsSpreadByWeight() {
    Random random = new Random(1);
    List<ServiceRecord> servers = List.of(server(0, 600), server(0, 300), server(0, 100));
    int rounds = 10_000;
    int first = 0;
    for (int i = 0; i < rounds; i++) {
      if (ServiceRecord.inOrder(servers, random::nextInt).get(0).weight() == 600) {
        first++;
      }
    }
    assertThat((double) first / rounds).isCloseTo(0.6, within(0.02));
  }

  @Test
  void noServersHaveNoOrder() {
    assertThat(order(List.of())).isEmpty();
    assertThat(new ServiceRecord(0, 0, 0, ".").isNone()).isTrue();
    assertThat(server(0, 0).isNone()).isFalse();
    assertThat(server(0, 0).address().getHostString()).isEqualTo("p0w0");
  }
}
