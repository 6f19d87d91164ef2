package io.fluxwire.benchmarks.fleet;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an application has booked that keeps to the contract of channels: it books a packet under
 * its channel and number, once. A packet whose handling was under way when its instance left comes
 * again with its number, and changes nothing. It is doubled if it has two numbers, or if one
 * process gets it twice; one that has the number of another packet is not booked, and so it is
 * lost.
 */
final class ChannelLedger {

  /** By channel and number, what the packet says. */
  private final Map<String, String> booked = new HashMap<>();

  /** Channels, with what their packets say. */
  private final Set<String> contents = new HashSet<>();

  private long again;
  private long doubled;

  /**
   * Books all that one process got.
   *
   * @param lines of each packet the channel, the number and what it says
   */
  void process(List<String> lines) {
    Set<String> here = new HashSet<>();
    for (String line : lines) {
      String[] words = line.split(" ");
      String number = words[0] + " " + words[1];
      String before = booked.putIfAbsent(number, words[2]);
      if (!here.add(number)) {
        doubled++;
      } else if (words[2].equals(before)) {
        again++;
      } else if (before == null && !contents.add(words[0] + " " + words[2])) {
        doubled++;
      }
    }
  }

  /** How many different packets were booked. */
  long booked() {
    return contents.size();
  }

  /** How many came again, with the same number. */
  long again() {
    return again;
  }

  long doubled() {
    return doubled;
  }
}
