/**
 * Sealed records: those of upgraded sessions (protocol.md sections 9.3 and 9.4), by {@link
 * io.fluxwire.record.aead.AeadRecords}, and those of BOLT 8 (section 11), by {@link
 * io.fluxwire.record.aead.MessageRecords}, of which each makes the opener and the sealer of a
 * direction. Knows what a packet's size may be, not what is in it.
 */
@NullMarked
package io.fluxwire.record.aead;

import org.jspecify.annotations.NullMarked;
