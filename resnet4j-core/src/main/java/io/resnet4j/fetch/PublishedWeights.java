package io.resnet4j.fetch;

import io.resnet4j.data.Preprocessing;
import org.jspecify.annotations.Nullable;

/**
 * Trained weights that somebody publishes, with what must be known to use them.
 *
 * @param name what {@code weights:} is followed by, such as {@code resnet50.v2}
 * @param standard whether {@code weights:MODEL} alone means these: torchvision's own default, the
 *     most accurate it has
 * @param model the network, as torchvision calls it
 * @param file where they are
 * @param classes the name of the list of classes, in {@link Catalogue#classNames}
 * @param preprocessing how pictures are evaluated
 * @param interpolation what the publisher resizes pictures with, {@code bilinear} or {@code
 *     bicubic}
 * @param parameters how many, where it is published
 * @param top1 accuracy in per cent on ImageNet's validation set as published, where it is
 * @param top5 likewise
 * @param source package and name there
 * @param page where training is described
 * @param licence what the publisher says of their use
 */
public record PublishedWeights(
    String name,
    boolean standard,
    String model,
    PublishedFile file,
    String classes,
    Preprocessing preprocessing,
    String interpolation,
    @Nullable Long parameters,
    @Nullable Double top1,
    @Nullable Double top5,
    String source,
    String page,
    String licence) {}
