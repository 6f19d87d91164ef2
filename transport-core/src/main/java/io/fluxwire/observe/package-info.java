/**
 * What a connection tells the tools that people run: meters and traces by Micrometer, logs by
 * SLF4J. Start reading at {@link io.fluxwire.observe.Observability}, which clients and servers
 * carry; {@link io.fluxwire.observe.FluxwireMeters} and {@link
 * io.fluxwire.observe.FluxwireObservations} name all there is. Knows nothing of the stages: they
 * tell their observer.
 */
@NullMarked
package io.fluxwire.observe;

import org.jspecify.annotations.NullMarked;
