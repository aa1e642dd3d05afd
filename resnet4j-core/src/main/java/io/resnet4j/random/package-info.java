/** The one source of randomness: seeded, keyed, counter-based. Nothing else belongs here. */
@NullMarked
package io.resnet4j.random;

import org.jspecify.annotations.NullMarked;
