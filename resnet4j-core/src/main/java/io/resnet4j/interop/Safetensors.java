package io.resnet4j.interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Named tensors and text in a safetensors file: 8 bytes with the little-endian length of the
 * header; the header, a JSON object that maps each name to its dtype, shape and data_offsets and
 * {@code __metadata__} to texts; the data, little-endian and row-major, without overlap or hole
 * (huggingface/safetensors, "Format").
 *
 * @param tensors by name; in the order of the header
 * @param metadata texts by name
 */
public record Safetensors(Map<String, Tensor> tensors, Map<String, String> metadata) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LENGTH_BYTES = 8;
  private static final long MOST_HEADER_BYTES = 100_000_000;

  /** Copies the maps. */
  public Safetensors {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /**
   * Reads a whole file. F64, F32, BF16, I64, U8 and I8 keep their type; F16 becomes F32, I32 and
   * I16 become I64, BOOL becomes U8.
   *
   * @throws InvalidInputException if the file is missing, cut short or not of this format
   * @throws UncheckedIOException if reading fails
   */
  public static Safetensors read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file; expected a safetensors file");
    }
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(file.toString(), in);
    } catch (AccessDeniedException e) {
      throw new InvalidInputException(file + ": may not be read; check its permissions", e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The texts of a file, its tensors left unread; nothing if it is no file of this format. */
  public static Optional<Map<String, String>> metadata(Path file) {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      return Optional.of(header(file.toString(), in).metadata());
    } catch (IOException | InvalidInputException e) {
      return Optional.empty();
    }
  }

  private static SafetensorsHeader header(String where, FileChannel in) throws IOException {
    long size = in.size();
    if (size < LENGTH_BYTES) {
      throw new InvalidInputException(
          where + ": " + size + " bytes; a safetensors file begins with 8 bytes of length");
    }
    long headerBytes = bytes(where, in, 0, LENGTH_BYTES).getLong(0);
    long most = Math.min(size - LENGTH_BYTES, MOST_HEADER_BYTES);
    if (headerBytes < 2 || headerBytes > most) {
      throw new InvalidInputException(
          where
              + ": not a valid safetensors file, or cut short: the header's length is "
              + Long.toUnsignedString(headerBytes)
              + "; expected 2 to "
              + most);
    }
    byte[] json = bytes(where, in, LENGTH_BYTES, (int) headerBytes).array();
    long start = LENGTH_BYTES + headerBytes;
    return new SafetensorsHeader.Parser(where, size - start).parse(json);
  }

  private static Safetensors read(String where, FileChannel in) throws IOException {
    SafetensorsHeader header = header(where, in);
    // Tensors fill the file from the end of the header on.
    long start =
        in.size()
            - header.entries().stream().mapToLong(SafetensorsHeader.Entry::end).max().orElse(0);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Entry entry : header.entries()) {
      int length = (int) (entry.end() - entry.begin());
      ByteBuffer data = bytes(where, in, start + entry.begin(), length);
      tensors.put(entry.name(), entry.stored().tensor(entry.shape(), data));
    }
    return new Safetensors(tensors, header.metadata());
  }

  private static ByteBuffer bytes(String where, FileChannel in, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (in.read(buffer, position + buffer.position()) < 0) {
        throw new InvalidInputException(
            where + ": became shorter while it was read; read it again");
      }
    }
    return buffer.flip();
  }

  /**
   * Writes the file in one piece: its name leads to the old content until the new one is on the
   * disk.
   *
   * @throws UncheckedIOException if the folder cannot be written or the disk is full; what was
   *     there before is untouched
   */
  public void write(Path file) {
    byte[] header = header();
    ByteBuffer head =
        ByteBuffer.allocate(LENGTH_BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(header.length).put(header).flip();
    try {
      AtomicFile.write(
          file,
          out -> {
            AtomicFile.writeAll(out, head);
            for (Tensor tensor : tensors.values()) {
              AtomicFile.writeAll(out, tensor.bytes());
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(
          file + ": cannot be written (" + e + "); what was there before is untouched", e);
    }
  }

  private byte[] header() {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = root.putObject(SafetensorsHeader.METADATA);
      metadata.forEach(texts::put);
    }
    long at = 0;
    for (Map.Entry<String, Tensor> named : tensors.entrySet()) {
      Tensor tensor = named.getValue();
      ObjectNode entry = root.putObject(named.getKey());
      entry.put("dtype", tensor.type() == DType.S8 ? "I8" : tensor.type().name());
      ArrayNode shape = entry.putArray("shape");
      for (int dim : tensor.shape().toArray()) {
        shape.add(dim);
      }
      long end = at + tensor.shape().elements() * tensor.type().bytes();
      entry.putArray("data_offsets").add(at).add(end);
      at = end;
    }
    // Padded so that the data begins at a multiple of 8, as readers that map the file like it.
    String json = root.toString();
    int length = json.getBytes(StandardCharsets.UTF_8).length;
    return (json + " ".repeat((8 - length % 8) % 8)).getBytes(StandardCharsets.UTF_8);
  }
}
