/**
 * Passes from a graph to an immutable {@link io.resnet4j.plan.Plan}: mode, fusion, gradients,
 * precision, lifetimes; and the planner that packs lifetimes into an arena. Knows no backend.
 */
@NullMarked
package io.resnet4j.plan;

import org.jspecify.annotations.NullMarked;
