/** A channel of Netty's as a byte duplex. For this module and the test kit, not for users. */
package io.fluxwire.netty.internal;
