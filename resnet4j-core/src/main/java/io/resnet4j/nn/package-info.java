/**
 * Functions that write the pieces of a residual network into a graph, and what parameters start as.
 * No network lives here: which pieces make which network is the model package's table.
 */
@NullMarked
package io.resnet4j.nn;

import org.jspecify.annotations.NullMarked;
