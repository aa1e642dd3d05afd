package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.interop.onnx.ModelProto;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A network for inference as an ONNX file holds it (onnx/onnx, "IR.md" and "Operators.md").
 *
 * <p>Written: one float32 input [batch,C,H,W] and one output, the batch left open; nodes are called
 * by their paths, weights by their names in the state; batch norms are BatchNormalization nodes or
 * folded; dropout is gone. Operators are those of {@link Options#opset}.
 *
 * <p>Read: batch norm, folded or not, and dropout in the forms that can be trained; a final softmax
 * is left off; values are float32, or become so.
 *
 * @param name of the network
 * @param graph from one picture input to one output
 * @param tensors parameters and buffers of the graph, by path
 * @param metadata texts by key
 */
public record Onnx(
    String name, Graph graph, Map<String, Tensor> tensors, Map<String, String> metadata) {
  /** The oldest operator set that can be written. */
  public static final int FIRST_OPSET = 13;

  /** The newest operator set that can be written. */
  public static final int LAST_OPSET = 22;

  /** Copies the maps. */
  public Onnx {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /**
   * How to write.
   *
   * @param fold whether a batch norm after a convolution becomes part of its weight and bias
   * @param opset version of the operators, {@value #FIRST_OPSET} to {@value #LAST_OPSET}
   */
  public record Options(boolean fold, int opset) {
    /** Batch norms as they are; operator set 17, which ONNX Runtime reads since 1.12. */
    public static final Options DEFAULT = new Options(false, 17);

    /** Checks the operator set. */
    public Options {
      if (opset < FIRST_OPSET || opset > LAST_OPSET) {
        throw new InvalidInputException(
            "opset " + opset + ": expected " + FIRST_OPSET + " to " + LAST_OPSET);
      }
    }

    /** With batch norms folded, or not. */
    public Options withFold(boolean folded) {
      return new Options(folded, opset);
    }

    /** With another operator set. */
    public Options withOpset(int version) {
      return new Options(fold, version);
    }
  }

  /**
   * Writes the file in one piece: it appears whole or not at all.
   *
   * @throws InvalidInputException if the graph is not one for inference, or passes ONNX's 2 GiB
   * @throws UncheckedIOException if the folder cannot be written or the disk is full; what was
   *     there before is untouched
   */
  public void write(Path file, Options options) {
    ModelProto model = OnnxWriter.write(this, options);
    try {
      AtomicFile.write(
          file,
          out -> {
            // Not closed: AtomicFile still flushes the channel to the disk.
            OutputStream stream = Channels.newOutputStream(out);
            model.writeTo(stream);
            stream.flush();
          });
    } catch (IOException e) {
      throw new UncheckedIOException(
          file + ": cannot be written (" + e + "); what was there before is untouched", e);
    }
  }

  /**
   * Reads a file. No more memory is taken than the file's size makes plausible, whatever it holds.
   *
   * @param input what to call the graph's input
   * @param output what to call its output
   * @throws InvalidInputException if the file is missing, damaged, or holds what this library has
   *     no operation for; the message names the node
   * @throws UncheckedIOException if reading fails
   */
  public static Onnx read(Path file, String input, String output) {
    return OnnxReader.read(file.toString(), OnnxParser.parse(file), input, output);
  }
}
