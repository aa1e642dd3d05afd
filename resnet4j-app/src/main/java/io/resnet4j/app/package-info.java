/** The command line: parses, calls the library, shows what it says. No mathematics lives here. */
@NullMarked
package io.resnet4j.app;

import org.jspecify.annotations.NullMarked;
