package io.fluxwire.fleet.engine;

import java.util.Collection;
import java.util.Set;

/**
 * What an engine tells an instance. The calls for one instance come one after the other, on threads
 * of the engine; they do not block, and do not throw. What one instance did arrives in its order;
 * what several did in any order.
 */
public interface EngineListener {

  /**
   * The members have changed. The first call comes before {@link FleetEngine#join} completes.
   *
   * @param members all members that this instance can reach, itself among them; immutable
   */
  void members(Set<InstanceId> members);

  /**
   * An instance holds a peer, or has announced it again. May come more than once for the same row.
   * Rows of this instance may be told, too.
   *
   * @param holding the row
   */
  void held(Holding holding);

  /**
   * An instance does not hold a peer any more. The rows of an instance that is no member any more
   * are void without this call.
   *
   * @param holding the row
   */
  void released(Holding holding);

  /**
   * A rule was set. May come more than once for the same rule, and after a later one for the same
   * target: {@link AccessRule#BY_TIME} says which counts.
   *
   * @param rule the rule
   */
  void rule(AccessRule rule);

  /**
   * A message to this instance.
   *
   * @param from the member that sent it
   * @param message the message, which is the listener's from now on
   */
  void message(InstanceId from, byte[] message);

  /**
   * The engine, or the way to it, is gone: calls of the link error. {@link #missed} says when it is
   * there again. For people who look; nothing is to be done. An engine that is never gone as long
   * as the instance runs does not call this, and by default nothing happens.
   */
  default void lost() {}

  /**
   * Changes may have been missed, because the engine or the way to it was gone: what {@link
   * EngineLink#holdings} and {@link EngineLink#rules} say now is to be taken instead. The engine
   * has asked for {@link #own} and {@link #ownRules} already.
   */
  void missed();

  /**
   * What this instance holds, for the engine to announce again when it may have lost it. Called on
   * any thread, and while other calls run.
   *
   * @return the rows at this moment
   */
  Collection<Holding> own();

  /**
   * The rules that this instance knows, for the engine to set again when it may have lost them.
   * Called on any thread, and while other calls run.
   *
   * @return the rules at this moment
   */
  Collection<AccessRule> ownRules();
}
