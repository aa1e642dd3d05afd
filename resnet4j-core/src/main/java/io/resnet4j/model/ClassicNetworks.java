package io.resnet4j.model;

import io.resnet4j.nn.Stem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Networks to compare with that are not residual: VGG and DenseNet. */
final class ClassicNetworks {
  private static final String VGG = "Simonyan and Zisserman, arXiv:1409.1556, with batch norm";
  private static final String DENSE = "Huang et al., arXiv:1608.06993";

  private ClassicNetworks() {}

  static void put(BiConsumer<ModelSpec, String> put) {
    Map<Integer, List<Integer>> convolutions = new LinkedHashMap<>();
    convolutions.put(11, List.of(1, 1, 2, 2, 2));
    convolutions.put(13, List.of(2, 2, 2, 2, 2));
    convolutions.put(16, List.of(2, 2, 3, 3, 3));
    convolutions.put(19, List.of(2, 2, 4, 4, 4));
    List<Integer> widths = VggSpec.DEFAULT.widths();
    convolutions.forEach(
        (depth, each) -> {
          String name = "vgg" + depth + "_bn";
          put.accept(
              new VggSpec(name, each, widths, 4096, 0.5, 1000, 3, 224, 224),
              VGG + ", as in torchvision");
          put.accept(
              new VggSpec(name + "-cifar", each, widths, 0, 0, 10, 3, 32, 32),
              VGG + ", one affine map after a global pool");
        });
    dense(put, 121, 64, 32, List.of(6, 12, 24, 16));
    dense(put, 161, 96, 48, List.of(6, 12, 36, 24));
    dense(put, 169, 64, 32, List.of(6, 12, 32, 32));
    dense(put, 201, 64, 32, List.of(6, 12, 48, 32));
    int[][] sizes = {{40, 12}, {100, 12}, {190, 40}};
    for (int[] size : sizes) {
      int n = (size[0] - 4) / 6;
      int growth = size[1];
      put.accept(
          new DenseNetSpec(
              "densenet-bc-" + size[0] + "-" + growth,
              new Stem(Stem.Kind.CIFAR, 2 * growth),
              List.of(n, n, n),
              growth,
              10,
              3,
              32,
              32),
          DENSE + ", table 2");
    }
  }

  private static void dense(
      BiConsumer<ModelSpec, String> put, int depth, int stem, int growth, List<Integer> layers) {
    Stem first = new Stem(Stem.Kind.IMAGENET, stem);
    put.accept(
        new DenseNetSpec("densenet" + depth, first, layers, growth, 1000, 3, 224, 224),
        DENSE + ", as in torchvision");
  }
}
