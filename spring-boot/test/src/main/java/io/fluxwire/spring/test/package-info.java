/**
 * Tests of Spring Boot applications whose servers and clients meet in memory: {@link
 * io.fluxwire.spring.test.FluxwireTest}.
 */
@NullMarked
package io.fluxwire.spring.test;

import org.jspecify.annotations.NullMarked;
