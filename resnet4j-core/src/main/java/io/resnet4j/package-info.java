/**
 * What every package of the library shares: exceptions, names that are meant, the cache folder, the
 * version.
 */
@NullMarked
package io.resnet4j;

import org.jspecify.annotations.NullMarked;
