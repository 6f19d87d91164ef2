package io.fluxwire.node;

import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives commands that run within the test's process an input that is at its end. The process's own
 * is Surefire's, which says there what the next test is: whoever read it would have the build wait
 * for ever.
 */
final class NoStandardInput implements BeforeAllCallback, AfterAllCallback {

  private @Nullable InputStream ofProcess;

  @Override
  public void beforeAll(ExtensionContext context) {
    ofProcess = System.in;
    System.setIn(InputStream.nullInputStream());
  }

  @Override
  public void afterAll(ExtensionContext context) {
    System.setIn(Objects.requireNonNull(ofProcess));
  }
}
