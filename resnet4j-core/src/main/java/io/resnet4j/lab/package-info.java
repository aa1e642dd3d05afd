/**
 * The lab: probes that read a network while it trains, and experiments on depth, gradients and
 * shortcuts built on them. It prints nothing; what it finds goes into files and events, and whoever
 * shows them decides how.
 */
@NullMarked
package io.resnet4j.lab;

import org.jspecify.annotations.NullMarked;
