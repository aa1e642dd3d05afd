/** What every package of the library shares: the exception for bad input, nothing else. */
@NullMarked
package io.resnet4j;

import org.jspecify.annotations.NullMarked;
