/**
 * The test kit: networks that fail, in memory ({@link io.fluxwire.testing.MemoryLink}) and over TCP
 * ({@link io.fluxwire.testing.FaultProxy}), peers that do as they are told ({@link
 * io.fluxwire.testing.ScriptedPeer}), and the contract of a connection as tests ({@link
 * io.fluxwire.testing.PeerConnectionTck}).
 */
package io.fluxwire.testing;
