package io.fluxwire.spring.test.application;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** An application that a test has a part of, or the whole. */
@SpringBootApplication
class Application {}
