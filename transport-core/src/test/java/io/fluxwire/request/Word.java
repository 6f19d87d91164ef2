package io.fluxwire.request;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/** A packet of an application's that asks, answers, or says something. */
record Word(Kind kind, long id, String text) {

  enum Kind {
    ASK,
    ANSWER,
    SAY,
    OTHER,
    ERROR
  }

  static final PacketCodec<Word> CODEC =
      new PacketCodec<>() {
        @Override
        public ByteBuf encode(Word word, ByteBufAllocator allocator) {
          String text = word.kind + " " + word.id + " " + word.text;
          return ByteBufUtil.writeUtf8(allocator, text);
        }

        @Override
        public Word decode(ByteBuf payload) {
          String[] parts = payload.toString(StandardCharsets.UTF_8).split(" ", 3);
          Word word = new Word(Kind.valueOf(parts[0]), Long.parseLong(parts[1]), parts[2]);
          if (word.kind == Kind.ERROR) {
            throw ConnectionClosedException.byPeer(word.text);
          }
          return word;
        }

        @Override
        public ByteBuf encodeError(String problem, ByteBufAllocator allocator) {
          return encode(new Word(Kind.ERROR, 0, problem), allocator);
        }
      };

  static Word ask(String text) {
    return new Word(Kind.ASK, 0, text);
  }

  static Word say(String text) {
    return new Word(Kind.SAY, 0, text);
  }

  Word answer(String with) {
    return new Word(Kind.ANSWER, id, with);
  }

  long answers() {
    return kind == Kind.ANSWER ? id : 0;
  }

  Word withId(long other) {
    return new Word(kind, other, text);
  }

  static RequestSpec<Word> requests() {
    return RequestSpec.of(Word::answers, Word::withId);
  }
}
