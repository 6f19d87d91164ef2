package io.fluxwire.packet;

import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;

/**
 * The old daemon's smoke test (protocol.md section 6): right after authenticating, each side sends
 * an {@code error} whose problem is {@code hello}, and expects the same. It is the one {@code
 * error} that does not end the connection.
 */
public final class Hello {

  /** The problem text of a hello, which reports no problem. */
  public static final String PROBLEM = "hello";

  private static final Pkt PACKET =
      Pkt.newBuilder().setError(Error.newBuilder().setProblem(PROBLEM)).build();

  private Hello() {}

  /**
   * The packet that each side sends.
   *
   * @return an {@code error} with the problem {@code hello}
   */
  public static Pkt packet() {
    return PACKET;
  }

  /**
   * Whether a packet is a hello.
   *
   * @param packet any packet
   * @return true for an {@code error} with the problem {@code hello}
   */
  public static boolean is(Pkt packet) {
    return packet.hasError() && packet.getError().getProblem().equals(PROBLEM);
  }
}
