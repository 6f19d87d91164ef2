package io.fluxwire.node;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Which of the known words somebody may have meant by one that is not known. */
final class Suggestions {

  private static final int MOST = 3;

  /** One mistake for each so many letters, and one more. */
  private static final int LETTERS_PER_MISTAKE = 4;

  private Suggestions() {}

  /**
   * The words that are a few typing mistakes away, and those that begin with what was typed.
   *
   * @param typed what nobody knows
   * @param known what could have been meant
   * @return the nearest first, three at most, and none if none is near
   */
  static List<String> of(String typed, Collection<String> known) {
    String meant = typed.toLowerCase(Locale.ROOT);
    int mistakes = 1 + letters(meant).length() / LETTERS_PER_MISTAKE;
    return known.stream()
        .filter(word -> begins(word, meant) || distance(meant, word) <= mistakes)
        .sorted(
            Comparator.comparingInt((String word) -> distance(meant, word)).thenComparing(w -> w))
        .limit(MOST)
        .toList();
  }

  private static boolean begins(String word, String meant) {
    return letters(meant).length() > 1 && letters(word).startsWith(letters(meant));
  }

  private static String letters(String word) {
    return word.replaceFirst("^-+", "");
  }

  /** The least number of letters to add, leave out, change, or swap with a neighbor. */
  private static int distance(String a, String b) {
    int[] beforePrevious = new int[b.length() + 1];
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        current[j] = Math.min(Math.min(current[j - 1], previous[j]) + 1, previous[j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          current[j] = Math.min(current[j], beforePrevious[j - 2] + 1);
        }
      }
      beforePrevious = previous;
      previous = current;
    }
    return previous[b.length()];
  }
}
