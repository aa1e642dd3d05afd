package io.resnet4j.backend.onednn;

import io.resnet4j.tensor.DType;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.global.dnnl;

/**
 * How a tensor lies in memory: extents, element type, order and blocking.
 *
 * @param desc oneDNN's description, owned by the session
 * @param dims logical extents
 * @param type element type; opaque workspaces carry U8
 * @param bytes size with padding
 */
record Layout(dnnl_memory_desc desc, long[] dims, DType type, long bytes) {
  /** Whether both describe the same bytes. */
  boolean same(Layout other) {
    return this == other || dnnl.dnnl_memory_desc_equal(desc, other.desc) != 0;
  }
}
