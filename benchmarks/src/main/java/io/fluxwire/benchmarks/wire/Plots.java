package io.fluxwire.benchmarks.wire;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler.LegendPosition;

/** The results as SVG. */
final class Plots {

  private final Results results;

  Plots(Results results) {
    this.results = results;
  }

  void write(Path folder) throws IOException {
    plot(folder, "bulk", "One way, MB/s", "bulk");
    plot(folder, "connections at a time", "Connections at a time, MB/s", "connections");
    plot(folder, "ping-pong", "Round trip of 64 B, µs", "ping-pong");
    plot(folder, "new connections", "New authenticated connections a second", "new-connections");
    plot(folder, "channels", "What outlives a connection, one way, MB/s", "channels");
    plot(folder, "stored sends, one at a time", "Until a send is stored, µs", "stored-sends");
  }

  private void plot(Path folder, String scenario, String title, String file) throws IOException {
    if (results.of(scenario).isEmpty()) {
      return;
    }
    CategoryChart chart = new CategoryChartBuilder().width(900).height(450).title(title).build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    List<String> parameters = results.parameters(scenario);
    for (String wire : results.wires(scenario)) {
      List<Double> medians =
          parameters.stream()
              .map(parameter -> results.get(scenario, wire, parameter).median())
              .toList();
      chart.addSeries(wire, parameters, medians);
    }
    VectorGraphicsEncoder.saveVectorGraphic(
        chart, folder.resolve(file).toString(), VectorGraphicsFormat.SVG);
  }
}
