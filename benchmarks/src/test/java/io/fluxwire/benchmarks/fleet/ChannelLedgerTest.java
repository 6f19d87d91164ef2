package io.fluxwire.benchmarks.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ChannelLedgerTest {

  private final ChannelLedger ledger = new ChannelLedger();

  private void assertBooked(long booked, long again, long doubled) {
    assertThat(ledger.booked()).as("booked").isEqualTo(booked);
    assertThat(ledger.again()).as("again").isEqualTo(again);
    assertThat(ledger.doubled()).as("doubled").isEqualTo(doubled);
  }

  @Test
  void eachPacketOfEachChannelIsBooked() {
    ledger.process(List.of("red 1 first", "red 2 second", "blue 1 first"));
    ledger.process(List.of("red 3 third"));

    assertBooked(4, 0, 0);
  }

  @Test
  void aPacketThatComesToTheNextProcessWithItsNumberCameAgain() {
    ledger.process(List.of("red 1 first"));
    ledger.process(List.of("red 1 first", "red 2 second"));

    assertBooked(2, 1, 0);
  }

  @Test
  void aNumberThatOneProcessGetsTwiceIsDoubled() {
    ledger.process(List.of("red 1 first", "red 1 first"));

    assertBooked(1, 0, 1);
  }

  @Test
  void aPacketWithTwoNumbersIsDoubled() {
    ledger.process(List.of("red 1 first"));
    ledger.process(List.of("red 2 first"));

    assertBooked(1, 0, 1);
  }

  @Test
  void aPacketWithTheNumberOfAnotherIsLost() {
    ledger.process(List.of("red 1 first"));
    ledger.process(List.of("red 1 second"));

    assertBooked(1, 0, 0);
  }
}
