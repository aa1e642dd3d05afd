package io.resnet4j.infer;

/**
 * One class and how likely the network takes it to be.
 *
 * @param index position of the class among the logits
 * @param label name of the class; its index where the model knows no names
 * @param probability softmax over all classes
 */
public record Prediction(int index, String label, double probability) {}
