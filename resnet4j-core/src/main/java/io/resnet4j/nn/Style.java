package io.resnet4j.nn;

import io.resnet4j.graph.Activation;

/**
 * What all layers of a network share.
 *
 * @param norm what keeps the scale of the activations
 * @param activation the non-linearity
 * @param training whether the graph must be trainable: then a batch norm that sees one value per
 *     channel is refused; otherwise it is written with running statistics, since a single small
 *     picture must still be classified
 */
public record Style(Norm norm, Activation activation, boolean training) {}
