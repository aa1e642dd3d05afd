/**
 * A network as data: an immutable list of standard operations with explicit inputs, the builder
 * that writes it, the rules of its shapes, the verifier and the printer. Gradients, fusion and
 * execution are other packages' work.
 */
@NullMarked
package io.resnet4j.graph;

import org.jspecify.annotations.NullMarked;
