package io.fluxwire.fleet.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.NodeId;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.fleet.internal.GuardedListener;
import io.fluxwire.fleet.internal.Notice;
import io.fluxwire.fleet.internal.TolerantReader;
import io.nats.client.Message;
import java.util.List;

/**
 * Takes what is received, on the one thread of the dispatcher: gives the news of the others to whom
 * they concern, and answers their questions.
 */
final class Receiver {

  private final Subjects subjects;
  private final InstanceId self;
  private final String token;
  private final SessionConnection connection;
  private final Membership membership;
  private final Rows rows;
  private final RuleBook rules;
  private final GuardedListener listener;
  private final TolerantReader reader;

  Receiver(
      Subjects subjects,
      InstanceId self,
      String token,
      SessionConnection connection,
      Membership membership,
      Rows rows,
      RuleBook rules,
      GuardedListener listener,
      TolerantReader reader) {
    this.subjects = subjects;
    this.self = self;
    this.token = token;
    this.connection = connection;
    this.membership = membership;
    this.rows = rows;
    this.rules = rules;
    this.listener = listener;
    this.reader = reader;
  }

  void receive(Message message) {
    if (message.isStatusMessage()) {
      // Nobody has heard the greeting.
      membership.greeting().unanswered();
      return;
    }
    reader.read(
        () -> {
          receive(message, Notice.of(message.getData()));
          return message;
        });
  }

  private void receive(Message message, Notice notice) {
    String subject = message.getSubject();
    if (subject.equals(subjects.members())) {
      membership.sign(notice);
    } else if (subject.equals(subjects.changes())) {
      change(notice);
    } else if (subject.equals(subjects.inbox(self))) {
      notice.tell(listener);
    } else if (subject.startsWith(subjects.peers())) {
      answer(message, peer(subject.substring(subjects.peers().length())));
    } else if (subject.equals(subjects.ask(self))) {
      answer(message, page(notice));
    } else if (subject.equals(subjects.hello())) {
      answer(message, membership.here());
    } else if (subject.equals(subjects.greetings(self, token))) {
      membership.greeted(notice);
    }
  }

  private void answer(Message question, byte[] answer) {
    if (question.getReplyTo() != null) {
      connection.publish(question.getReplyTo(), answer);
    }
  }

  private void change(Notice notice) {
    switch (notice.word(0)) {
      case Notice.HELD -> {
        membership.seen(notice.instance(), null);
        notice.rows().forEach(rows::announced);
      }
      case Notice.RELEASED -> notice.rows().forEach(rows::released);
      default -> notice.rules().forEach(rules::add);
    }
    notice.tell(listener);
  }

  private byte[] peer(String name) {
    Holding row = rows.find(NodeId.parse(name));
    // Without a row it was released a moment ago.
    return row == null
        ? Notice.rows(Notice.HELD, self, List.of())
        : Notice.rows(Notice.HELD, row.instance(), List.of(row));
  }

  private byte[] page(Notice question) {
    String after = new String(question.rest(), UTF_8);
    return question.word(0).equals(Notice.RULES)
        ? Notice.rules(rules.page(after, Rows.PAGE))
        : Notice.rows(Notice.HELD, self, rows.page(after));
  }
}
