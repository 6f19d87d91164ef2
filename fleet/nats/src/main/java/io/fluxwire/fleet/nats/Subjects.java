package io.fluxwire.fleet.nats;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.InstanceId;

/**
 * The subjects of a fleet. On each of them, a {@link io.fluxwire.fleet.internal.Notice} is sent.
 *
 * @param prefix begins all names
 */
record Subjects(String prefix) {

  static Subjects of(String fleet) {
    return new Subjects("fluxwire." + fleet + ".");
  }

  /** Signs of life, and who is gone: all instances listen. */
  String members() {
    return prefix + "members";
  }

  /** Who is new asks who is there: all members answer. */
  String hello() {
    return prefix + "hello";
  }

  /** Rows and rules that have changed: all instances listen. */
  String changes() {
    return prefix + "changes";
  }

  /** Messages to an instance. */
  String inbox(InstanceId instance) {
    return prefix + "to." + instance;
  }

  /** Asks an instance for a page of its rows, or of the rules that it knows. */
  String ask(InstanceId instance) {
    return prefix + "ask." + instance;
  }

  /** Asks whoever holds a peer: each instance listens for those that it holds. */
  String peer(NodeId peer) {
    return peers() + peer;
  }

  /** Begins the subjects of all peers. */
  String peers() {
    return prefix + "peer.";
  }

  /** Answers to the greeting of a session. */
  String greetings(InstanceId instance, String token) {
    return prefix + "hi." + instance + "." + token;
  }

  /** Begins the subjects of answers to single questions. */
  String answers() {
    return prefix + "re.";
  }
}
