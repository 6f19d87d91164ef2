package io.fluxwire.observe;

import io.fluxwire.observe.dial.DialStep;
import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.docs.ObservationDocumentation;
import java.util.Arrays;

/** Every observation that Fluxwire makes: with a tracer, each is a span. */
public enum FluxwireObservations implements ObservationDocumentation {
  /**
   * A round of dialing, from the first question for addresses to the connection. Its parent is the
   * observation in the subscriber's context.
   */
  DIAL("fluxwire.dial") {
    @Override
    public Observation.Event[] getEvents() {
      return events(DialStep.values());
    }

    @Override
    public Attribute[] getLowCardinalityKeyNames() {
      return new Attribute[0];
    }

    @Override
    public Attribute[] getHighCardinalityKeyNames() {
      return new Attribute[] {
        Attribute.NAME, Attribute.PEER_ID, Attribute.ADDRESS, Attribute.REASON
      };
    }
  },

  /** A handshake with one address. Its parent is the dial; an inbound one has none. */
  HANDSHAKE("fluxwire.handshake") {
    @Override
    public Observation.Event[] getEvents() {
      return events(HandshakeStage.values());
    }
  },

  /** A connection, from its authentication to its end. Its parent is that of its handshake. */
  SESSION("fluxwire.session") {
    @Override
    public Attribute[] getLowCardinalityKeyNames() {
      return new Attribute[] {
        Attribute.DIRECTION, Attribute.PROTOCOL, Attribute.AEAD, Attribute.POST_QUANTUM
      };
    }
  };

  /** What the observations' key-values are called. */
  public enum Attribute implements KeyName {
    /** {@code inbound} or {@code outbound}. */
    DIRECTION("direction"),
    /** {@code v3} or {@code upgraded}. */
    PROTOCOL("protocol"),
    /** The cipher of an upgraded session, as {@code aes-128-gcm}; {@code none} for version 3. */
    AEAD("aead"),
    /** Whether a session's keys also come from an ML-KEM-768 secret. */
    POST_QUANTUM("post.quantum"),
    /** What is dialled. */
    NAME("fluxwire.dial.name"),
    /** The connection's id in the logs. */
    CONNECTION_ID("fluxwire.connection.id"),
    /** The peer's node id, once it is proven. */
    PEER_ID("fluxwire.peer.id"),
    /** Where the peer is. */
    ADDRESS("fluxwire.peer.address"),
    /** Why it ended: a {@link io.fluxwire.Reason} in lower case. */
    REASON("fluxwire.reason");

    private final String key;

    Attribute(String key) {
      this.key = key;
    }

    @Override
    public String asString() {
      return key;
    }
  }

  private final String observationName;

  FluxwireObservations(String name) {
    this.observationName = name;
  }

  /** An event of this observation: something that happened, or a stage that begins. */
  Observation.Event event(Enum<?> step, String contextualName) {
    return Observation.Event.of(observationName + "." + Values.of(step), contextualName);
  }

  Observation.Event[] events(Enum<?>[] steps) {
    return Arrays.stream(steps)
        .map(step -> event(step, Values.of(step)))
        .toArray(Observation.Event[]::new);
  }

  @Override
  public String getName() {
    return observationName;
  }

  @Override
  public String getContextualName() {
    return observationName.replace('.', ' ');
  }

  @Override
  public Attribute[] getLowCardinalityKeyNames() {
    return new Attribute[] {Attribute.DIRECTION};
  }

  @Override
  public Attribute[] getHighCardinalityKeyNames() {
    return new Attribute[] {
      Attribute.CONNECTION_ID, Attribute.PEER_ID, Attribute.ADDRESS, Attribute.REASON
    };
  }
}
