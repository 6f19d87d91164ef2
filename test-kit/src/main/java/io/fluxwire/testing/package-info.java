/**
 * The test kit: networks that fail, in memory ({@link io.fluxwire.testing.MemoryLink}) and over TCP
 * ({@link io.fluxwire.testing.FaultProxy}), peers that do as they are told ({@link
 * io.fluxwire.testing.ScriptedPeer}), and contracts as tests: of a connection ({@link
 * io.fluxwire.testing.PeerConnectionTck}) and of a channel's store ({@link
 * io.fluxwire.testing.ChannelStoreTck}).
 */
package io.fluxwire.testing;
