/**
 * Networks that compute with 8-bit codes: calibration of activations over pictures, rounding of
 * weights, what each layer costs in accuracy, and {@link io.resnet4j.quantise.QuantisedModel} with
 * its file format. The arithmetic is a backend's, the pass over the graph is {@link
 * io.resnet4j.plan.Quantiser}'s.
 */
@NullMarked
package io.resnet4j.quantise;

import org.jspecify.annotations.NullMarked;
