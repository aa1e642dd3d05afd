/** Benchmarks of the library and of its peers; nothing here is published. */
@NullMarked
package io.resnet4j.bench;

import org.jspecify.annotations.NullMarked;
