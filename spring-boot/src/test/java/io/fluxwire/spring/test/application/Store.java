package io.fluxwire.spring.test.application;

import org.springframework.stereotype.Component;

/** Has nothing to do with peers. */
@Component
class Store {}
