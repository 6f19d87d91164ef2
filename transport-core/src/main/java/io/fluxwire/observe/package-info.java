/**
 * What connections tell the tools that people run: meters and traces by Micrometer, logs by SLF4J,
 * and an application's own listeners. Start reading at {@link io.fluxwire.observe.SessionListener},
 * which all of these are; {@link io.fluxwire.observe.Observability}, which clients and servers
 * carry, puts them together. {@link io.fluxwire.observe.FluxwireMeters} and {@link
 * io.fluxwire.observe.FluxwireObservations} name all that is recorded. Knows nothing of the stages:
 * they tell their listener.
 */
@NullMarked
package io.fluxwire.observe;

import org.jspecify.annotations.NullMarked;
