/**
 * Trained networks at work: {@link io.resnet4j.infer.Predictor} answers for single pictures,
 * batches and data sets, over plans that are prepared once per batch size.
 */
@NullMarked
package io.resnet4j.infer;

import org.jspecify.annotations.NullMarked;
