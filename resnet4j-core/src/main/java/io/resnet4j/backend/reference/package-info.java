/**
 * Runs plans in plain Java, obvious over fast: the oracle that other backends are tested against,
 * selectable by hand as {@code reference}. Values are held as doubles and rounded to their type
 * after each operation, sums are doubles, and results do not depend on the thread count.
 */
@NullMarked
package io.resnet4j.backend.reference;

import org.jspecify.annotations.NullMarked;
