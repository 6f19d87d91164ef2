package io.fluxwire.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.group.TieBreak.Dialler;
import io.fluxwire.group.TieBreak.Verdict;
import io.fluxwire.identity.NodeKey;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TieBreakTest {

  private static final List<NodeId> NODES =
      Stream.generate(() -> NodeKey.generate().id()).limit(2).sorted().toList();
  private static final NodeId LOWER = NODES.get(0);
  private static final NodeId HIGHER = NODES.get(1);
  private static final long AT_ONCE = PeerGroup.SIMULTANEOUS.toNanos();

  /** As the lower node sees them. */
  @ParameterizedTest
  @CsvSource({
    "SELF, PEER, 0, OLDER_STAYS",
    "PEER, SELF, 0, NEWER_STAYS",
    "SELF, SELF, 0, OLDER_IS_LOST",
    "PEER, PEER, 0, OLDER_IS_LOST",
    "SELF, PEER, 1, OLDER_IS_LOST",
    "PEER, SELF, 1, OLDER_IS_LOST",
    "SELF, SELF, 1, OLDER_IS_LOST",
    "PEER, PEER, 1, OLDER_IS_LOST",
  })
  void theConnectionThatTheLowerNodeDialledStaysWhereBothDialledAtOnce(
      Dialler older, Dialler newer, long nanosLater, Verdict verdict) {
    long between = AT_ONCE + nanosLater;
    assertThat(TieBreak.between(LOWER, HIGHER, older, newer, between)).isEqualTo(verdict);
    assertThat(TieBreak.between(HIGHER, LOWER, other(older), other(newer), between))
        .as("the other node's")
        .isEqualTo(verdict);
  }

  @Test
  void theOrderInWhichTheTwoComeDoesNotMatter() {
    assertThat(TieBreak.between(HIGHER, LOWER, Dialler.SELF, Dialler.PEER, 1))
        .isEqualTo(Verdict.NEWER_STAYS);
    assertThat(TieBreak.between(HIGHER, LOWER, Dialler.PEER, Dialler.SELF, 1))
        .isEqualTo(Verdict.OLDER_STAYS);
  }

  private static Dialler other(Dialler dialler) {
    return dialler == Dialler.SELF ? Dialler.PEER : Dialler.SELF;
  }
}
