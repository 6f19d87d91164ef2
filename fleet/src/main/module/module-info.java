/** Many instances of a node behind one name. */
module io.fluxwire.fleet {
  requires transitive io.fluxwire.core;
  requires io.netty.common;
  requires org.slf4j;

  // Used where it is. Not transitive: whoever requires this module need not have it.
  requires static micrometer.core;

  exports io.fluxwire.fleet;
  exports io.fluxwire.fleet.engine;

  // Not for users.
  exports io.fluxwire.fleet.internal to
      io.fluxwire.fleet.nats,
      io.fluxwire.fleet.redis;
}
