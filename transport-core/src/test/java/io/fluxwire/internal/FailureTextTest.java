package io.fluxwire.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.fluxwire.proto.Pkt;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailureTextTest {

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new IOException("disk full"), "disk full"),
        Arguments.of(
            new IOException("recvAddress(..) failed with error(-104): Connection reset by peer"),
            "Connection reset by peer"),
        Arguments.of(
            new IOException("recvAddress(..) failed with error(-104)"), "Connection reset by peer"),
        Arguments.of(new IOException("read(..) failed with error(-5)"), "system error -5"),
        Arguments.of(new IOException("io_uring read(..) failed: Broken pipe"), "Broken pipe"),
        Arguments.of(new ClosedChannelException(), "it was closed"),
        Arguments.of(new UnresolvedAddressException(), "the name is not known"),
        Arguments.of(
            new UnknownHostException("Failed to resolve 'h' [A(1)]"), "the name is not known"),
        Arguments.of(new UnknownHostException("h: own words"), "h: own words"),
        Arguments.of(unanswered(), "no name server answered in time"),
        Arguments.of(new NoRouteToHostException("null: /192.0.2.1:1"), "No route to host"),
        Arguments.of(new IOException("null: /192.0.2.1:1", new IOException("why")), "why"),
        Arguments.of(new TimeoutException(), "it took too long"),
        Arguments.of(new SocketTimeoutException(), "it took too long"),
        Arguments.of(new CancellationException(), "it was cancelled"),
        Arguments.of(new RejectedExecutionException(), "the threads that it needs have ended"),
        Arguments.of(new AccessDeniedException("my.key"), "my.key: permission denied"),
        Arguments.of(new NoSuchFileException("my.key"), "my.key: no such file"),
        Arguments.of(new FileNotFoundException(), "No such file or directory"),
        Arguments.of(
            new FileAlreadyExistsException("my.key"),
            "my.key: a file of this name is there already"),
        Arguments.of(new NotDirectoryException("my.key"), "my.key: not a folder"),
        Arguments.of(
            new FileSystemException("my.key", null, "Read-only file system"),
            "my.key: Read-only file system"),
        Arguments.of(new OutOfMemoryError("Java heap space"), "out of memory: Java heap space"),
        Arguments.of(new NoClassDefFoundError("a/B"), "java.lang.NoClassDefFoundError: a/B"),
        Arguments.of(
            new IllegalStateException(), "java.lang.IllegalStateException without a message"));
  }

  private static UnknownHostException unanswered() {
    UnknownHostException unanswered = new UnknownHostException("Failed to resolve 'h' [A(1)]");
    unanswered.initCause(new IllegalStateException("query timed out after 5000 milliseconds"));
    return unanswered;
  }

  @ParameterizedTest
  @MethodSource("failures")
  void itIsAPhraseForPeople(Throwable failure, String phrase) {
    assertThat(FailureText.of(failure)).isEqualTo(phrase);
  }

  @Test
  void whoSaysNothingLeavesItToItsCause() {
    Throwable silent =
        new IOException(null, new IllegalStateException(null, new IOException("why")));
    assertThat(FailureText.of(silent)).isEqualTo("why");
  }

  @Test
  void causesThatGoInACircleEnd() {
    IllegalStateException first = new IllegalStateException((String) null);
    first.initCause(new IOException(null, first));
    assertThat(FailureText.of(first)).contains("without a message");
  }

  @Test
  void aParsersAdviceToProgrammersIsLeftOut() throws IOException {
    byte[] nested = new byte[0];
    for (int i = 0; i < 200; i++) {
      nested = group(nested);
    }
    assertThat(FailureText.ofParser(refusalOf(nested)))
        .isEqualTo("Protocol message had too many levels of nesting");
  }

  @Test
  void aParserDoesNotSpeakOfItsClasses() {
    byte[] endlessVarint = new byte[11];
    Arrays.fill(endlessVarint, (byte) 0xff);
    assertThat(FailureText.ofParser(refusalOf(endlessVarint)))
        .isEqualTo("there is a malformed varint");
    assertThat(FailureText.ofParser(refusalOf(new byte[] {(byte) 0xc2, 2, 9, 1})))
        .isEqualTo(
            "While parsing a protocol message, the input ended unexpectedly in the middle of a field");
  }

  private static byte[] group(byte[] content) throws IOException {
    ByteString.Output out = ByteString.newOutput();
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    coded.writeTag(129, 3);
    coded.writeRawBytes(content);
    coded.writeTag(129, 4);
    coded.flush();
    return out.toByteString().toByteArray();
  }

  private static Throwable refusalOf(byte[] message) {
    return catchThrowable(() -> Pkt.parseFrom(message));
  }
}
