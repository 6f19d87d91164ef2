/**
 * Requests and answers among an application's own packets. Start reading at {@link
 * io.fluxwire.request.RequestSpec}. A connection with requests reads its packets by itself ({@code
 * Inbox}) and keeps the requests that wait for an answer ({@code PendingRequests}). Otherwise it
 * behaves like the connection that it wraps.
 */
@NullMarked
package io.fluxwire.request;

import org.jspecify.annotations.NullMarked;
