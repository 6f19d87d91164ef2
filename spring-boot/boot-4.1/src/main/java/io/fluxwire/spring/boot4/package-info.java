/** What is another one in each generation of Spring Boot: its health, here of 4.1. */
@NullMarked
package io.fluxwire.spring.boot4;

import org.jspecify.annotations.NullMarked;
