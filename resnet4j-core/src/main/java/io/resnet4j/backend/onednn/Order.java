package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_aBcd16b;
import static org.bytedeco.dnnl.global.dnnl.dnnl_aBcd8b;
import static org.bytedeco.dnnl.global.dnnl.dnnl_abcd;
import static org.bytedeco.dnnl.global.dnnl.dnnl_acdb;

import io.resnet4j.tensor.DType;
import java.util.Optional;

/** The orders in which a picture [N,C,H,W] lies, the samples outermost in each. */
enum Order {
  /** Row-major. */
  ROWS(dnnl_abcd, 1),
  /** Blocks of sixteen channels. */
  BLOCKS_OF_16(dnnl_aBcd16b, 16),
  /** Blocks of eight channels. */
  BLOCKS_OF_8(dnnl_aBcd8b, 8),
  /** Pixel by pixel, all channels of each. */
  CHANNELS_LAST(dnnl_acdb, 1);

  private final int tag;
  private final int block;

  Order(int tag, int block) {
    this.tag = tag;
    this.block = block;
  }

  /** The order of a layout, if it is one of these. */
  static Optional<Order> of(Lowering lowering, Layout layout) {
    if (layout.dims().length != 4) {
      return Optional.empty();
    }
    for (Order order : values()) {
      if (layout.same(order.layout(lowering, layout.type(), layout.dims()))) {
        return Optional.of(order);
      }
    }
    return Optional.empty();
  }

  Layout layout(Lowering lowering, DType type, long... dims) {
    return Dnnl.tagged(lowering.resources, dims, type, tag);
  }

  /** Channels with those that fill the last block, which hold zeros. */
  int padded(int channels) {
    return (channels + block - 1) / block * block;
  }

  /** Channels side by side in memory of those that a block holds; 1 if pixels are. */
  int block() {
    return block;
  }
}
