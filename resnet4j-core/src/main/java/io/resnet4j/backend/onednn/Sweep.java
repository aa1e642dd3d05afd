package io.resnet4j.backend.onednn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One pass of element-wise work over stretches of native memory. Blocks are copied into arrays,
 * which the compiler turns into vector instructions whatever the memory, and back; a block's arrays
 * stay in the first caches, so that the pass costs what reading and writing memory costs. Sums are
 * taken block by block in the order of the elements: the bits do not depend on the threads.
 */
final class Sweep {
  private static final int BLOCK = 4096;

  /**
   * Fewer elements are not worth waking a thread for: OpenMP's own still waits in a spin on the
   * processor that it would need, which costs milliseconds.
   */
  private static final long PARALLEL = 1 << 22;

  private static final int THREADS = threads(System.getenv("OMP_NUM_THREADS"));

  private final List<Stretch> stretches = new ArrayList<>();

  /** What is done with a block. */
  @FunctionalInterface
  interface Kernel {
    /**
     * Works on a block.
     *
     * @param x a block of each operand, in their order
     * @param count elements that count
     * @param sums two numbers to add to
     */
    void apply(float[][] x, int count, double[] sums);
  }

  /**
   * Floats that a stretch reads, and writes if it says so.
   *
   * @param buffer native memory
   * @param offset of the first element
   * @param written whether the block goes back
   */
  record Operand(FloatBuffer buffer, int offset, boolean written) {}

  private record Stretch(Kernel kernel, int count, List<Operand> operands, int firstBlock) {
    int blocks() {
      return (count + BLOCK - 1) / BLOCK;
    }
  }

  /** Appends a stretch of {@code count} elements. */
  void add(Kernel kernel, int count, List<Operand> operands) {
    stretches.add(new Stretch(kernel, count, operands, blocks()));
  }

  private int blocks() {
    if (stretches.isEmpty()) {
      return 0;
    }
    Stretch last = stretches.get(stretches.size() - 1);
    return last.firstBlock() + last.blocks();
  }

  /** Does everything; the two sums of each stretch. */
  double[][] run() {
    int blocks = blocks();
    double[][] perBlock = new double[blocks][2];
    int tasks = (long) blocks * BLOCK < PARALLEL ? 1 : THREADS;
    IntStream each = IntStream.range(0, tasks);
    (tasks == 1 ? each : each.parallel())
        .forEach(
            t ->
                run(
                    (int) ((long) blocks * t / tasks),
                    (int) ((long) blocks * (t + 1) / tasks),
                    perBlock));
    double[][] sums = new double[stretches.size()][2];
    for (int s = 0; s < sums.length; s++) {
      Stretch stretch = stretches.get(s);
      for (int b = 0; b < stretch.blocks(); b++) {
        sums[s][0] += perBlock[stretch.firstBlock() + b][0];
        sums[s][1] += perBlock[stretch.firstBlock() + b][1];
      }
    }
    return sums;
  }

  private void run(int from, int to, double[][] sums) {
    int most = stretches.stream().mapToInt(stretch -> stretch.operands().size()).max().orElse(0);
    float[][] arrays = new float[most][BLOCK];
    for (Stretch stretch : stretches) {
      int first = Math.max(from, stretch.firstBlock());
      int limit = Math.min(to, stretch.firstBlock() + stretch.blocks());
      for (int block = first; block < limit; block++) {
        int at = (block - stretch.firstBlock()) * BLOCK;
        int count = Math.min(BLOCK, stretch.count() - at);
        List<Operand> operands = stretch.operands();
        for (int i = 0; i < operands.size(); i++) {
          Operand operand = operands.get(i);
          operand.buffer().get(operand.offset() + at, arrays[i], 0, count);
        }
        stretch.kernel().apply(arrays, count, sums[block]);
        for (int i = 0; i < operands.size(); i++) {
          Operand operand = operands.get(i);
          if (operand.written()) {
            operand.buffer().put(operand.offset() + at, arrays[i], 0, count);
          }
        }
      }
    }
  }

  /** As many as OpenMP was told to use. */
  private static int threads(String variable) {
    int processors = Runtime.getRuntime().availableProcessors();
    try {
      int told = variable == null ? 0 : Integer.parseInt(variable.split(",")[0].strip());
      return told >= 1 ? Math.min(told, processors) : processors;
    } catch (NumberFormatException e) {
      return processors;
    }
  }
}
