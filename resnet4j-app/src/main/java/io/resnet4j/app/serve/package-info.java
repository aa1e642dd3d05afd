/**
 * The HTTP server: Open Inference Protocol v2, pictures, metrics, a page. Knows the library and
 * nothing of the command line.
 */
@NullMarked
package io.resnet4j.app.serve;

import org.jspecify.annotations.NullMarked;
