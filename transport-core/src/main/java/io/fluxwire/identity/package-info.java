/** This node's own identity: its key, and the file that holds it. */
@NullMarked
package io.fluxwire.identity;

import org.jspecify.annotations.NullMarked;
