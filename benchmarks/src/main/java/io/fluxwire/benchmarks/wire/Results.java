package io.fluxwire.benchmarks.wire;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** All that was measured, and how it is written. */
final class Results {

  private final Map<List<String>, Result> results = new LinkedHashMap<>();
  private final Map<String, String> conditions = new TreeMap<>();

  void add(String scenario, String wire, String parameter, String unit, double sample) {
    results
        .computeIfAbsent(
            List.of(scenario, wire, parameter),
            key -> new Result(scenario, wire, parameter, unit, new ArrayList<>()))
        .samples()
        .add(sample);
  }

  void tell(String scenario, String parameter) {
    of(scenario).stream()
        .filter(result -> result.parameter().equals(parameter))
        .forEach(
            result ->
                System.out.printf(
                    "%-28s %-26s %8s %,14.1f %-8s (%,.1f to %,.1f)%n",
                    result.scenario(),
                    result.wire(),
                    result.parameter(),
                    result.median(),
                    result.unit(),
                    result.lowest(),
                    result.highest()));
  }

  /** Adds to what is said of the machine. */
  void ranOn(String what, String value) {
    conditions.put(what, value);
  }

  List<Result> of(String scenario) {
    return results.values().stream().filter(result -> result.scenario().equals(scenario)).toList();
  }

  double median(String scenario, String wire, String parameter) {
    Result result = results.get(List.of(scenario, wire, parameter));
    return result == null ? Double.NaN : result.median();
  }

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("machine", machine());
    all.put("results", results.values());
    Files.writeString(
        folder.resolve("results.json"),
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(all)
            + "\n");
    Files.writeString(folder.resolve("results.md"), new Tables(this).markdown(machine()));
    new Plots(this).write(folder);
  }

  private Map<String, String> machine() throws IOException {
    Map<String, String> machine = new TreeMap<>(conditions);
    machine.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
    Path cpus = Path.of("/proc/cpuinfo");
    if (Files.isReadable(cpus)) {
      Files.readAllLines(cpus).stream()
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .ifPresent(
              line -> machine.put("processor", line.substring(line.indexOf(':') + 1).strip()));
    }
    return machine;
  }

  /** The wires of a scenario, in their order. */
  List<String> wires(String scenario) {
    return of(scenario).stream().map(Result::wire).distinct().toList();
  }

  /** The parameters of a scenario, in their order. */
  List<String> parameters(String scenario) {
    return of(scenario).stream().map(Result::parameter).distinct().toList();
  }

  Result get(String scenario, String wire, String parameter) {
    return Objects.requireNonNull(results.get(List.of(scenario, wire, parameter)));
  }
}
