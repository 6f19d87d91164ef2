package greeter;

import io.fluxwire.NodeId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** The nodes that may do more than others: asked by name in rules, and free to change. */
@Component
public class Owners {

  private final Set<NodeId> owners = ConcurrentHashMap.newKeySet();

  Owners(@Value("${greeter.owners:}") List<String> ids) {
    ids.forEach(id -> owners.add(NodeId.parse(id)));
  }

  public boolean contains(NodeId peer) {
    return owners.contains(peer);
  }

  void add(NodeId peer) {
    owners.add(peer);
  }

  void remove(NodeId peer) {
    owners.remove(peer);
  }
}
