/**
 * Pictures with labels, from file to batch: data sets, decoding, augmentation, normalisation and
 * the loader. Pictures are 8-bit planes (channels, height, width) until a batch is made of them;
 * every draw is keyed by (seed, epoch, sample), so no result depends on the thread count. No
 * gradients, no networks here.
 */
@NullMarked
package io.resnet4j.data;

import org.jspecify.annotations.NullMarked;
