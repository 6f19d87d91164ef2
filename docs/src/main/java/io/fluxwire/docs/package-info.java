/** The manual's code, compiled and run. */
@NullMarked
package io.fluxwire.docs;

import org.jspecify.annotations.NullMarked;
