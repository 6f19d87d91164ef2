package io.fluxwire.memory;

/** Whether a connection may read on what has to be held until it is whole. */
public interface ReadGate {

  /** Up to so many bytes no gate refuses: 64 KiB. */
  int UNCOUNTED = 64 * 1024;

  /** Lets all pass. */
  ReadGate OPEN =
      new ReadGate() {
        @Override
        public boolean mayRead(int bytes, Runnable later) {
          return true;
        }

        @Override
        public void done() {}
      };

  /**
   * Asks for room for a payload that has started. Asked again before each read of it; a connection
   * has one such payload at a time. Throws what the connection ends with, if it may not have one.
   *
   * @param bytes the payload's size, as far as it is known
   * @param later runs once, on any thread, when the answer is no and there is room: ask again then
   * @return whether to read on
   */
  boolean mayRead(int bytes, Runnable later);

  /** The payload is whole and dealt with, or nobody wants it any more. */
  void done();
}
