/**
 * Records: what a connection's bytes are made of once both sides have keys. A suite is a {@link
 * io.fluxwire.record.RecordSealer} and its counterpart that opens; the operators of {@link
 * io.fluxwire.record.Records} know these interfaces alone, so that another suite changes nothing
 * around it.
 */
@NullMarked
package io.fluxwire.record;

import org.jspecify.annotations.NullMarked;
