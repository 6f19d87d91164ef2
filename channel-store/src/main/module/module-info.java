/** Channels whose packets outlive the process. */
module io.fluxwire.channel.disk {
  requires transitive io.fluxwire.core;
  requires java.sql;
  requires org.xerial.sqlitejdbc;

  exports io.fluxwire.channel.disk;
}
