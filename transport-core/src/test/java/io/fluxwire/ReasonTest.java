package io.fluxwire;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.Reason.Origin;
import io.fluxwire.Reason.Stage;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReasonTest {

  private static Set<Reason> those(Predicate<Reason> condition) {
    return Arrays.stream(Reason.values()).filter(condition).collect(Collectors.toSet());
  }

  @ParameterizedTest
  @EnumSource
  void everyReasonHasAnOriginAndAStage(Reason reason) {
    assertThat(reason.origin()).isNotNull();
    assertThat(reason.stage()).isNotNull();
  }

  @ParameterizedTest
  @EnumSource
  void everyReasonSaysInSentencesWhatHappenedAndWhatToDo(Reason reason) {
    assertThat(reason.description()).matches("[A-Z0-9].*\\.").doesNotContain("`", "|");
    assertThat(reason.advice()).matches("[A-Z].*\\.").doesNotContain("`", "|");
  }

  /** Else it would blame the peer for what it did not do, or speak into a line that is gone. */
  @ParameterizedTest
  @EnumSource
  void onlyWhatThePeerCausedOrALimitIsToldToIt(Reason reason) {
    assertThat(reason)
        .matches(
            each ->
                !each.isToldToPeer()
                    || each.origin() == Origin.PEER
                    // Where the application itself says what the peer is told.
                    || each == Reason.CLOSED_WITH_ERROR
                    || each.origin() == Origin.LIMIT);
  }

  @Test
  void whatThePeerCanMendIsToldToItOnceThereAreKeys() {
    assertThat(those(reason -> !reason.isToldToPeer()))
        .containsAll(
            those(
                reason ->
                    Set.of(Stage.RESOLVE, Stage.CONNECT, Stage.SESSION_KEY_EXCHANGE)
                        .contains(reason.stage())));
    assertThat(
            those(
                reason ->
                    Set.of(Origin.PEER, Origin.LIMIT).contains(reason.origin())
                        && Set.of(
                                Stage.HANDSHAKE,
                                Stage.AUTHENTICATE,
                                Stage.FRAME,
                                Stage.PACKET,
                                Stage.CHANNEL)
                            .contains(reason.stage())))
        .allMatch(Reason::isToldToPeer);
    assertThat(those(reason -> reason.isToldToPeer() && reason.stage() == Stage.SESSION))
        .containsExactlyInAnyOrder(
            Reason.CLOSED_WITH_ERROR,
            Reason.IDLE_TIMEOUT,
            Reason.WRITE_STALLED,
            Reason.BYTES_EXHAUSTED,
            Reason.KEEP_ALIVE_TIMEOUT);
  }

  @Test
  void whatThisNodesOwnPartsFailToDoIsItsOwn() {
    assertThat(those(reason -> reason.origin() == Origin.THIS_NODE))
        .containsExactlyInAnyOrder(
            Reason.AUTHORIZER_TIMEOUT,
            Reason.SIGNER_FAILED,
            Reason.SIGNER_WRONG,
            Reason.AGREEMENT_UNSUPPORTED,
            Reason.CHANNEL_STORE_FAILED,
            Reason.CHANNEL_STORE_STALE);
  }

  @Test
  void whatTheApplicationDoesIsTheApplications() {
    assertThat(those(reason -> reason.origin() == Origin.APPLICATION))
        .containsExactlyInAnyOrder(
            Reason.CLOSED_LOCALLY,
            Reason.CLOSED_WITH_ERROR,
            Reason.PAYLOAD_TOO_SHORT,
            Reason.PACKET_UNSENDABLE,
            Reason.APPLICATION_ERROR);
  }

  @Test
  void whatLiesBetweenTheTwoIsThePaths() {
    assertThat(those(reason -> reason.origin() == Origin.PATH))
        .containsExactlyInAnyOrder(
            Reason.CONNECTION_LOST,
            Reason.CLOSED_UNAUTHENTICATED,
            Reason.ACT_ONE_TRUNCATED,
            Reason.ACT_TWO_TRUNCATED,
            Reason.ACT_THREE_TRUNCATED,
            Reason.CLOSED_BEFORE_READY,
            Reason.FRAME_TRUNCATED,
            Reason.STREAM_TRUNCATED,
            Reason.NAME_NOT_RESOLVED,
            Reason.ALL_ADDRESSES_FAILED,
            Reason.CONNECT_FAILED,
            Reason.PEER_NOT_HELD,
            Reason.FORWARDING_FAILED,
            Reason.PROXY_UNREACHABLE,
            Reason.PROXY_REFUSED,
            Reason.PROXY_HEADER_MISSING,
            Reason.PROXY_HEADER_MALFORMED);
  }

  /** A server logs these quietly, and the command line says each of them once. */
  @Test
  void whatAFloodBringsIsALimitAtConnect() {
    assertThat(those(reason -> reason.origin() == Origin.LIMIT && reason.stage() == Stage.CONNECT))
        .containsExactlyInAnyOrder(
            Reason.ADDRESS_REFUSED,
            Reason.TOO_MANY_CONNECTIONS,
            Reason.TOO_MANY_FROM_ADDRESS,
            Reason.TOO_MANY_HANDSHAKES,
            Reason.TOO_MANY_HANDSHAKES_FROM_ADDRESS,
            Reason.HANDSHAKE_EVICTED,
            Reason.DRAINING);
  }

  /** {@code fluxwire.failures} counts the others of the peer. */
  @Test
  void thePeerMayEndASessionWithoutBreakingARule() {
    assertThat(those(reason -> reason.origin() == Origin.PEER && reason.stage() == Stage.SESSION))
        .containsExactlyInAnyOrder(Reason.CLOSED_BY_PEER, Reason.PEER_ERROR);
  }

  @Test
  void anotherAttemptIsInVainWhereSomebodyHasToChangeSomethingFirst() {
    assertThat(those(reason -> !reason.isRetryable()))
        .containsExactlyInAnyOrder(
            Reason.AUTHENTICATE_MISSING,
            Reason.NODE_ID_INVALID,
            Reason.NODE_ID_OWN,
            Reason.NODE_ID_UNEXPECTED,
            Reason.SIGNATURE_OUT_OF_RANGE,
            Reason.SIGNATURE_HIGH_S,
            Reason.SIGNATURE_INVALID,
            Reason.NOT_AUTHORIZED,
            Reason.SIGNER_WRONG,
            Reason.AGREEMENT_UNSUPPORTED,
            Reason.UPGRADE_MALFORMED,
            Reason.UPGRADE_NOT_OFFERED,
            Reason.KEM_INVALID,
            Reason.UPGRADE_REQUIRED,
            Reason.POST_QUANTUM_REQUIRED,
            Reason.RECORD_TOO_SHORT,
            Reason.RECORD_MALFORMED,
            Reason.UNKNOWN_EVEN_FRAME,
            Reason.FRAME_MISPLACED,
            Reason.PACKET_MALFORMED,
            Reason.UNKNOWN_EVEN_FIELD,
            Reason.AUTHENTICATE_REPEATED,
            Reason.PAYLOAD_TOO_SHORT,
            Reason.PACKET_UNSENDABLE,
            Reason.CHANNEL_MALFORMED,
            Reason.CHANNEL_OUT_OF_PLACE,
            Reason.ACK_INVALID,
            Reason.CHANNEL_DISAGREEMENT,
            Reason.CHANNEL_UNSUPPORTED,
            Reason.CHANNEL_SUPERSEDED,
            Reason.CHANNEL_STORE_STALE,
            Reason.APPLICATION_ERROR);
  }
}
