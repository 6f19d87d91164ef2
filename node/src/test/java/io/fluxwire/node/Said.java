package io.fluxwire.node;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Keeps what a command says. */
final class Said extends OutputStream {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Override
  public void write(int b) {
    bytes.write(b);
  }

  @Override
  public void write(byte[] text, int offset, int length) {
    bytes.write(text, offset, length);
  }

  @Override
  public String toString() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
