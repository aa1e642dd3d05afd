package io.resnet4j.fetch;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Trained weights in the cache.
 *
 * @param weights what they are
 * @param file as it was published
 * @param description a JSON file beside it: class names, preprocessing, source, licence, accuracy
 * @param model a file that {@code Model.load} reads; empty where the network or the published
 *     file's format is not known here
 */
public record FetchedWeights(
    PublishedWeights weights, FetchedFile file, Path description, Optional<Path> model) {}
