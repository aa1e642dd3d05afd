package io.resnet4j.train;

/**
 * What a network makes of a data set.
 *
 * @param n pictures
 * @param top1 share whose class has the largest logit
 * @param top5 share whose class is among the five largest logits
 * @param loss mean cross-entropy without smoothing
 */
record Evaluation(int n, double top1, double top5, double loss) {}
