package io.fluxwire.spring.test;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Finds the tests whose contexts are made ready for the network in memory. */
final class FluxwireContextCustomizerFactory implements ContextCustomizerFactory {

  FluxwireContextCustomizerFactory() {}

  @Override
  public @Nullable ContextCustomizer createContextCustomizer(
      Class<?> testClass, List<ContextConfigurationAttributes> attributes) {
    return TestContextAnnotationUtils.hasAnnotation(testClass, AutoConfigureFluxwireNetwork.class)
        ? new FluxwireContextCustomizer(
            TestContextAnnotationUtils.hasAnnotation(testClass, FluxwireTest.class))
        : null;
  }
}
