/**
 * Training: recipes, schedules, the trainer and its events, checkpoints and the run folder. Knows
 * no backend and prints nothing.
 */
@NullMarked
package io.resnet4j.train;

import org.jspecify.annotations.NullMarked;
