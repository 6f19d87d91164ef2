/** The engine of a fleet on NATS. */
module io.fluxwire.fleet.nats {
  requires transitive io.fluxwire.fleet;
  requires transitive io.nats.jnats;
  requires org.slf4j;

  exports io.fluxwire.fleet.nats;
}
