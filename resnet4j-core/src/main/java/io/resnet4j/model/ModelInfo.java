package io.resnet4j.model;

/**
 * A row of the table of named networks.
 *
 * @param name what {@link Models#named} takes
 * @param parameters trained numbers
 * @param macs multiply-adds a picture of convolutions and affine maps
 * @param input default picture, such as {@code 3x224x224}
 * @param classes default number of classes
 * @param source where the network is defined
 */
public record ModelInfo(
    String name, long parameters, long macs, String input, int classes, String source) {}
