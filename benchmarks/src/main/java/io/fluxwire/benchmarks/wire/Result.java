package io.fluxwire.benchmarks.wire;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What was measured, all rounds of it.
 *
 * @param scenario what was done
 * @param wire over what
 * @param parameter with what, a size or a number of connections; empty when there is none
 * @param unit of the samples
 * @param samples one for each round
 */
record Result(String scenario, String wire, String parameter, String unit, List<Double> samples) {

  @JsonProperty
  double median() {
    List<Double> sorted = samples.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  @JsonProperty
  double lowest() {
    return samples.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
  }

  @JsonProperty
  double highest() {
    return samples.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
  }
}
