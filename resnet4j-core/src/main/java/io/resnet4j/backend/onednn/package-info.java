/**
 * Runs plans with oneDNN. The only package that names {@code org.bytedeco}: {@code Dnnl} wraps the
 * native calls, the lowering turns a plan's nodes into prepared primitives over one arena, and the
 * state store keeps parameters, gradients and optimiser slots.
 */
@NullMarked
package io.resnet4j.backend.onednn;

import org.jspecify.annotations.NullMarked;
