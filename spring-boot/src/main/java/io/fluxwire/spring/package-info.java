/**
 * Fluxwire in Spring Boot: properties and beans become a server that is started and stopped with
 * the application ({@link io.fluxwire.spring.FluxwireServer}), and links by name ({@link
 * io.fluxwire.spring.FluxwireClients}). {@link io.fluxwire.spring.FluxwireAutoConfiguration} says
 * which beans there are, and each makes way for one of the application's own.
 */
@NullMarked
package io.fluxwire.spring;

import org.jspecify.annotations.NullMarked;
