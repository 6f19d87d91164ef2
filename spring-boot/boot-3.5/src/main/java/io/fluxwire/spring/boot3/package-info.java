/** What is another one in each generation of Spring Boot: its health, here of 3.5. */
@NullMarked
package io.fluxwire.spring.boot3;

import org.jspecify.annotations.NullMarked;
