package io.fluxwire.node;

/** Something that the doctor looks at. */
interface Check {

  /** Looks at it, which may block for some seconds. Never throws because of what it finds. */
  Finding run();
}
