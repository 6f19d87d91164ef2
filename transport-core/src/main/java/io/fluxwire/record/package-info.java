/**
 * Records: what a connection's bytes are made of once both sides have keys. A {@link
 * io.fluxwire.record.RecordSuite} makes a {@link io.fluxwire.record.RecordOpener} and a {@link
 * io.fluxwire.record.RecordSealer} of them; the operators of {@link io.fluxwire.record.Records}
 * know these interfaces alone, so that another suite changes nothing around it.
 */
@NullMarked
package io.fluxwire.record;

import org.jspecify.annotations.NullMarked;
