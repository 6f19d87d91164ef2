package io.fluxwire.spring.test;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.test.context.SpringBootTestContextBootstrapper;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Takes properties of {@link FluxwireTest}, where Boot's own takes them of its annotation. */
final class FluxwireTestContextBootstrapper extends SpringBootTestContextBootstrapper {

  FluxwireTestContextBootstrapper() {}

  @Override
  protected String @Nullable [] getProperties(Class<?> testClass) {
    FluxwireTest test =
        TestContextAnnotationUtils.findMergedAnnotation(testClass, FluxwireTest.class);
    return test == null ? null : test.properties();
  }
}
