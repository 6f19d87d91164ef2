package io.fluxwire.fleet.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.EngineFailures;
import io.fluxwire.fleet.internal.GuardedListener;
import io.fluxwire.fleet.internal.Notice;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Who is a member, by the signs of life that all send. The listener is told of the others once this
 * instance is a member itself.
 *
 * <p>Its own signs are sent, and the silent are removed, on the worker's thread; the signs of all
 * are received on the dispatcher's.
 */
final class Membership {

  private static final String ALIVE = "alive";
  private static final String LEFT = "left";
  private static final String GONE = "gone";
  private static final String HERE = "here";

  private final EngineConfig config;
  private final Subjects subjects;
  private final InstanceId self;
  private final String token;
  private final SessionConnection connection;
  private final GuardedListener listener;
  private final Rows rows;
  private final View view;
  private final Greeting greeting;

  /** How many of its own signs of life in a row this instance has not heard. */
  private final AtomicInteger unheard = new AtomicInteger();

  /** Set on the worker's thread. */
  private volatile boolean joined;

  Membership(
      EngineConfig config,
      InstanceId self,
      String token,
      SessionConnection connection,
      GuardedListener listener,
      Rows rows) {
    this.config = config;
    this.subjects = Subjects.of(config.fleet);
    this.self = self;
    this.token = token;
    this.connection = connection;
    this.listener = listener;
    this.rows = rows;
    this.view = new View(self);
    this.greeting = new Greeting(self);
  }

  // On any thread

  Greeting greeting() {
    return greeting;
  }

  Set<InstanceId> members() {
    return view.members();
  }

  boolean contains(InstanceId instance) {
    return view.contains(instance);
  }

  // On the worker's thread

  void showAlive() {
    connection.publish(subjects.members(), sign(ALIVE));
  }

  void showLeft() {
    connection.publish(subjects.members(), sign(LEFT));
  }

  private String sign(String word) {
    return word + " " + self + " " + token;
  }

  /** From now on the listener is told. */
  void join() {
    joined = true;
    listener.members(view.members());
  }

  boolean isJoined() {
    return joined;
  }

  /**
   * Counts one more of its own signs, until one is heard.
   *
   * @return how many there were before it
   */
  int countUnheard() {
    return unheard.getAndIncrement();
  }

  void removeSilent(long now) {
    List<View.Gone> gone = view.removeSilent(config.heartbeat.timeout(), now);
    for (View.Gone one : gone) {
      // If it is not dead, it has to announce its rows again.
      connection.publish(subjects.members(), GONE + " " + one.instance() + " " + one.token());
    }
    if (!gone.isEmpty()) {
      changed(view.members());
    }
  }

  private void changed(Set<InstanceId> members) {
    rows.retain(members);
    if (joined) {
      listener.members(members);
    }
  }

  // On the dispatcher's thread

  /** Takes a sign of life, or of an end. */
  void sign(Notice notice) {
    InstanceId instance = notice.instance();
    switch (notice.word(0)) {
      case ALIVE -> {
        if (instance.equals(self)) {
          unheard.set(0);
        } else {
          seen(instance, notice.word(2));
        }
      }
      case LEFT -> {
        if (view.left(instance)) {
          changed(view.members());
        }
      }
      case GONE -> {
        if (instance.equals(self) && notice.word(2).equals(token)) {
          connection.end(EngineFailures.gone(config.server()));
        }
      }
      default -> throw new IllegalArgumentException("an unknown word");
    }
  }

  /**
   * Somebody is alive.
   *
   * @param of the token of its session; null if this is not known
   */
  void seen(InstanceId instance, @Nullable String of) {
    switch (view.seen(instance, of, config.nanos.getAsLong())) {
      case AGAIN -> {}
      case NEW -> changed(view.members());
      case ANEW -> {
        Set<InstanceId> others = view.members();
        others.remove(instance);
        changed(others);
        changed(view.members());
      }
    }
  }

  /** The answer to a greeting. */
  byte[] here() {
    StringBuilder words =
        new StringBuilder(HERE).append(' ').append(self).append(' ').append(token);
    view.members().forEach(member -> words.append(' ').append(member));
    return words.toString().getBytes(UTF_8);
  }

  /** Takes the answer to this session's greeting. */
  void greeted(Notice notice) {
    InstanceId instance = notice.instance();
    seen(instance, notice.word(2));
    greeting.answered(instance, notice.instances(3));
  }
}
