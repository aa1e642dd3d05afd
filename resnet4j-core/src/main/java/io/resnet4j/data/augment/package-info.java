/**
 * Augmentations by name: each a record, a pure function of picture and generator, with the text
 * form that recipes are written in. Operations on pixels are Pillow's to the bit, policies and
 * ranges torchvision's. No files, no batches here.
 */
@NullMarked
package io.resnet4j.data.augment;

import org.jspecify.annotations.NullMarked;
