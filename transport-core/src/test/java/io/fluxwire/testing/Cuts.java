package io.fluxwire.testing;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Streams in the pieces that a fuzzer chooses. */
public final class Cuts {

  /** Past so many pieces nothing new is learnt. */
  private static final int MAX_PIECES = 64;

  private Cuts() {}

  /** All bytes, in pieces. */
  public static List<byte[]> of(FuzzedDataProvider data, byte[] bytes) {
    List<byte[]> pieces = new ArrayList<>();
    int start = 0;
    while (start < bytes.length) {
      int size =
          pieces.size() < MAX_PIECES ? data.consumeInt(1, bytes.length - start) : bytes.length;
      int end = Math.min(bytes.length, start + size);
      pieces.add(Arrays.copyOfRange(bytes, start, end));
      start = end;
    }
    return pieces;
  }
}
