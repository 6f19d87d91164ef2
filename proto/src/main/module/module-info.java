/** The packets of the transport. */
module io.fluxwire.proto {
  requires transitive com.google.protobuf;

  exports io.fluxwire.proto;
}
