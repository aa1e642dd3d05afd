/**
 * What a backend must offer: a {@link io.resnet4j.backend.Backend} opens sessions, a {@link
 * io.resnet4j.backend.Session} owns named state and runs plans over it. No type here names a CPU or
 * a library.
 */
@NullMarked
package io.resnet4j.backend;

import org.jspecify.annotations.NullMarked;
