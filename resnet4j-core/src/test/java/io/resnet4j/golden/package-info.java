/**
 * Readers of the goldens that tools/reference/make_goldens.py writes from real PyTorch, and the
 * keyed weights both sides start from. For tests of every package; knows no backend.
 */
@NullMarked
package io.resnet4j.golden;

import org.jspecify.annotations.NullMarked;
