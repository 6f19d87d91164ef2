package io.fluxwire.node;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * What the doctor found by one check.
 *
 * @param check which one, in one word
 * @param verdict how bad it is
 * @param found what is there
 * @param advice what to change; null where nothing has to be
 */
record Finding(String check, Verdict verdict, String found, @Nullable String advice) {

  /** How bad it is. */
  enum Verdict {
    /** Nothing has to change. */
    @JsonProperty("ok")
    OK,
    /** It works, and would be better otherwise, or only for a few peers. */
    @JsonProperty("advice")
    ADVICE,
    /** It does not work like this. */
    @JsonProperty("problem")
    PROBLEM
  }

  static Finding ok(String check, String found) {
    return new Finding(check, Verdict.OK, found, null);
  }

  static Finding advice(String check, String found, String advice) {
    return new Finding(check, Verdict.ADVICE, found, advice);
  }

  static Finding problem(String check, String found, String advice) {
    return new Finding(check, Verdict.PROBLEM, found, advice);
  }
}
