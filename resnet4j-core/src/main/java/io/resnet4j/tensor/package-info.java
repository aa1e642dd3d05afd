/** Shapes, element types and named host memory. No arithmetic lives here. */
@NullMarked
package io.resnet4j.tensor;

import org.jspecify.annotations.NullMarked;
