package io.resnet4j.lab;

/**
 * What a diagnosis says of a run.
 *
 * @param about what it is about, such as {@code gradients}
 * @param alarming whether something should be done
 * @param sentence with numbers, and with a remedy where one is needed
 * @param rule by which it was judged
 */
public record Symptom(String about, boolean alarming, String sentence, String rule) {}
