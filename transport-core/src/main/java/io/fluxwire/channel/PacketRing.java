package io.fluxwire.channel;

import java.util.Objects;

/**
 * A queue of payloads. The first one that is ever added has number 0, as the first packet of a
 * channel has. Each is found by its number at once, since a store of many small packets is read
 * again and again from somewhere in the middle. Not thread-safe.
 */
final class PacketRing {

  private static final int LEAST = 16;
  private static final byte[] NONE = {};

  /** A power of two of places. */
  private byte[][] places = new byte[LEAST][];

  private long first;
  private long next;

  /** Adds a payload behind the last one. */
  void add(byte[] packet) {
    if (next - first == places.length) {
      resize(2 * places.length);
    }
    places[place(next)] = packet;
    next++;
  }

  /** The payload of a number that is there. */
  byte[] get(long number) {
    Objects.checkIndex(number - first, next - first);
    return places[place(number)];
  }

  /** Removes the first payload. */
  byte[] remove() {
    byte[] packet = get(first);
    places[place(first)] = NONE;
    first++;
    if (places.length > LEAST && next - first < places.length / 4) {
      resize(places.length / 2);
    }
    return packet;
  }

  private int place(long number) {
    return (int) number & (places.length - 1);
  }

  private void resize(int length) {
    byte[][] before = places;
    byte[][] after = new byte[length][];
    for (long number = first; number < next; number++) {
      after[(int) number & (length - 1)] = before[(int) number & (before.length - 1)];
    }
    places = after;
  }
}
