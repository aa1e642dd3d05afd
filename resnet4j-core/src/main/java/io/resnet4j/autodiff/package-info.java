/** Reverse-mode differentiation of graphs: one rule per operation, all in one table. */
@NullMarked
package io.resnet4j.autodiff;

import org.jspecify.annotations.NullMarked;
