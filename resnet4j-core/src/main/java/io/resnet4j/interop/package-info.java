/**
 * File formats of other tools, as named tensors and text: they know tensors (and graphs), never
 * {@code model}, which is built on them. What comes from a file is hostile until it has been
 * checked: lengths, offsets, shapes and names are bounded before anything is allocated.
 */
@NullMarked
package io.resnet4j.interop;

import org.jspecify.annotations.NullMarked;
