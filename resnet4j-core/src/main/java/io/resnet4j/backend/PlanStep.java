package io.resnet4j.backend;

/**
 * One of the things that a plan does at each run, as profiles show it.
 *
 * @param path of the node that it belongs to
 * @param operation such as {@code convolution backward data} or {@code reorder}
 * @param implementation the backend's name for how, such as {@code jit:avx512_core}
 * @param bytes that it reads and writes, scratch memory aside
 * @param multiplyAdds of convolutions and affine maps, as {@link
 *     io.resnet4j.graph.Work#multiplyAdds} counts them
 */
public record PlanStep(
    String path, String operation, String implementation, long bytes, long multiplyAdds) {}
