/** Instances of a fleet that find and reach each other by themselves, over JGroups. */
module io.fluxwire.fleet.jgroups {
  requires transitive io.fluxwire.fleet;
  requires transitive java.sql;
  requires org.bouncycastle.provider;
  requires org.jgroups;
  requires org.slf4j;

  // JGroups', which as an automatic module cannot say so.
  requires java.management;
  requires java.naming;

  exports io.fluxwire.fleet.jgroups;
}
