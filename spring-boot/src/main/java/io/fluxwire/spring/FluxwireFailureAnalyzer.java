package io.fluxwire.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which property is wrong and what to do, instead of a stack trace. */
final class FluxwireFailureAnalyzer
    extends AbstractFailureAnalyzer<FluxwireConfigurationException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, FluxwireConfigurationException failure) {
    return new FailureAnalysis(failure.getMessage(), failure.wayOut(), failure);
  }
}
