package io.fluxwire.channel.disk;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Tells a damaged log from a log whose last write is unfinished, before SQLite reads it. SQLite
 * silently stops at the first frame whose checksum is wrong. After a crash that is correct only in
 * the last transaction, since each earlier one was synced before the next began.
 *
 * <p>The format is that of <a href="https://www.sqlite.org/fileformat2.html#walformat">SQLite's
 * documentation</a>: a header of 32 bytes and frames of a page each, whose checksums are chained. A
 * frame with the header's salt belongs to this log and is not left over from an earlier one; a page
 * count in a frame marks the end of a transaction.
 */
final class WriteAheadLog {

  private static final int HEADER = 32;
  private static final int FRAME_HEADER = 24;
  private static final int MAGIC = 0x377f0682;
  private static final int MAX_PAGE = 65_536;

  private final ByteOrder order;
  private final long salt;
  private int sum0;
  private int sum1;

  private WriteAheadLog(ByteBuffer header) {
    order = (header.getInt(0) & 1) == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    salt = header.getLong(16);
  }

  /**
   * Reads the whole log.
   *
   * @param file the log; a log that does not exist or has only begun is not damaged
   * @return whether writes that had completed are lost
   */
  static boolean isDamaged(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), MAX_PAGE)) {
      byte[] head = in.readNBytes(HEADER);
      ByteBuffer header = ByteBuffer.wrap(head);
      WriteAheadLog log = head.length < HEADER ? null : new WriteAheadLog(header);
      if (log == null || !log.hasBegun(head)) {
        // The header is synced before the first frame is written.
        return in.read() >= 0;
      }
      int page = header.getInt(8);
      return page < 512 || page > MAX_PAGE || log.hasGap(in, FRAME_HEADER + page);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Whether the header is complete; until it is synced, the disk may have any bytes in its place.
   */
  private boolean hasBegun(byte[] head) {
    add(head, 0, HEADER - 8);
    ByteBuffer header = ByteBuffer.wrap(head);
    return (header.getInt(0) & ~1) == MAGIC && !differs(header.getInt(24), header.getInt(28));
  }

  private boolean hasGap(InputStream in, int frameSize) throws IOException {
    boolean broken = false;
    int lost = 0;
    byte[] frame = new byte[frameSize];
    while (in.readNBytes(frame, 0, frameSize) == frameSize) {
      ByteBuffer read = ByteBuffer.wrap(frame);
      boolean current = read.getLong(8) == salt;
      if (!broken) {
        add(frame, 0, 8);
        add(frame, FRAME_HEADER, frameSize - FRAME_HEADER);
        broken = !current || differs(read.getInt(16), read.getInt(20));
      }
      if (broken && current && read.getInt(4) != 0) {
        lost++;
      }
    }
    return lost > 1;
  }

  private boolean differs(int first, int second) {
    return first != sum0 || second != sum1;
  }

  private void add(byte[] bytes, int from, int length) {
    ByteBuffer words = ByteBuffer.wrap(bytes, from, length).order(order);
    while (words.hasRemaining()) {
      sum0 += words.getInt() + sum1;
      sum1 += words.getInt() + sum0;
    }
  }
}
