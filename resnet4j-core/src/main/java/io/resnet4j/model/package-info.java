/**
 * Networks as records, the table of named ones, what they count and how they look, and {@link
 * io.resnet4j.model.Model}: a network with its state, which can be saved and loaded. A depth is a
 * row of the table, never a class.
 */
@NullMarked
package io.resnet4j.model;

import org.jspecify.annotations.NullMarked;
