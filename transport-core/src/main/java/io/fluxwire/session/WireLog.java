package io.fluxwire.session;

import io.netty.buffer.ByteBuf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what goes over the wire, at trace level, as whoever listens there can see it. */
interface WireLog {

  Logger LOG = LoggerFactory.getLogger("io.fluxwire.wire");

  /** Logs nothing. */
  WireLog NONE = new WireLog() {};

  /**
   * The log of a connection that is made now.
   *
   * @param id what logs call the connection
   */
  static WireLog of(String id) {
    return LOG.isTraceEnabled() ? new FrameLog(LOG, id) : NONE;
  }

  /**
   * Bytes came, and are left as they are.
   *
   * @param known how many of them came before and were given back
   */
  default void in(ByteBuf bytes, int known) {}

  /** Bytes go, and are left as they are. */
  default void out(ByteBuf bytes) {}
}
