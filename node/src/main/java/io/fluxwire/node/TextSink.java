package io.fluxwire.node;

import java.io.OutputStream;

/** Takes what is written at once as one text. */
abstract class TextSink extends OutputStream {

  abstract void take(byte[] text);

  @Override
  public void write(int b) {
    take(new byte[] {(byte) b});
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    byte[] text = new byte[length];
    System.arraycopy(source, offset, text, 0, length);
    take(text);
  }
}
