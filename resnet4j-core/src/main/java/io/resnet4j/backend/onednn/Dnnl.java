package io.resnet4j.backend.onednn;

import io.resnet4j.tensor.DType;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;

/** Engine, stream and the calls that every lowering needs, with statuses turned into exceptions. */
final class Dnnl {
  private static final Map<DType, Integer> TYPES =
      Map.of(
          DType.F32, dnnl.dnnl_f32,
          DType.BF16, dnnl.dnnl_bf16,
          DType.U8, dnnl.dnnl_u8,
          DType.S8, dnnl.dnnl_s8);

  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();

  Dnnl(Resources resources) {
    check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0), "engine");
    resources.onClose(() -> dnnl.dnnl_engine_destroy(engine));
    check(dnnl.dnnl_stream_create(stream, engine, dnnl.dnnl_stream_default_flags), "stream");
    resources.onClose(() -> dnnl.dnnl_stream_destroy(stream));
  }

  /** A primitive with its prepared arguments. */
  record Prepared(dnnl_primitive primitive, dnnl_exec_arg_t arguments, int count) {}

  /** Creates a primitive descriptor; the callback is one of oneDNN's create functions. */
  interface Description {
    int create(dnnl_primitive_desc into, dnnl_engine engine, dnnl_primitive_attr attributes);
  }

  static void check(int status, String what) {
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException(
          "oneDNN: "
              + what
              + " failed with status "
              + status
              + (status == dnnl.dnnl_unimplemented ? " (not implemented on this machine)" : "")
              + "; run with ONEDNN_VERBOSE=all in the environment to see why");
    }
  }

  /** Row-major. */
  static Layout plain(Resources resources, long[] dims, DType type) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    dnnl_memory_desc desc = new dnnl_memory_desc();
    check(
        dnnl.dnnl_memory_desc_create_with_strides(
            desc, dims.length, dims, TYPES.get(type), strides),
        "memory descriptor of " + Arrays.toString(dims));
    return owned(resources, desc, dims, type);
  }

  /** A wish: extents and type, with the order left to the primitive. Has no size. */
  static Layout any(Resources resources, long[] dims, DType type) {
    return tagged(resources, dims, type, dnnl.dnnl_format_tag_any);
  }

  /** Laid out as one of oneDNN's format tags says. */
  static Layout tagged(Resources resources, long[] dims, DType type, int tag) {
    dnnl_memory_desc desc = new dnnl_memory_desc();
    check(
        dnnl.dnnl_memory_desc_create_with_tag(desc, dims.length, dims, TYPES.get(type), tag),
        "memory descriptor of " + Arrays.toString(dims));
    return owned(resources, desc, dims, type);
  }

  /** A part of a tensor, seen in place; blocks can be cut only between them. */
  static Layout part(Resources resources, Layout whole, long[] dims, long[] offsets) {
    dnnl_memory_desc desc = new dnnl_memory_desc();
    check(
        dnnl.dnnl_memory_desc_create_submemory(desc, whole.desc(), dims, offsets),
        "memory descriptor of a part");
    return owned(resources, desc, dims, whole.type());
  }

  /** Laid out as another tensor of the same extents, in another type. */
  static Layout like(Resources resources, Layout other, DType type) {
    if (other.type() == type) {
      return other;
    }
    for (int tag : new int[] {dnnl.dnnl_acdb, dnnl.dnnl_aBcd16b, dnnl.dnnl_aBcd8b}) {
      if (other.dims().length == 4
          && tagged(resources, other.dims(), other.type(), tag).same(other)) {
        return tagged(resources, other.dims(), type, tag);
      }
    }
    return plain(resources, other.dims(), type);
  }

  /** oneDNN's number of a type. */
  static int type(DType type) {
    return TYPES.get(type);
  }

  private static Layout owned(Resources resources, dnnl_memory_desc desc, long[] dims, DType type) {
    resources.onClose(() -> dnnl.dnnl_memory_desc_destroy(desc));
    return new Layout(desc, dims, type, dnnl.dnnl_memory_desc_get_size(desc));
  }

  /** The layout that a primitive chose for one of its arguments. */
  static Layout chosen(
      Resources resources, dnnl_primitive_desc primitive, int query, long[] dims, DType type) {
    return chosen(resources, primitive, query, 0, dims, type);
  }

  static Layout chosen(
      Resources resources,
      dnnl_primitive_desc primitive,
      int query,
      int index,
      long[] dims,
      DType type) {
    dnnl_memory_desc borrowed = dnnl.dnnl_primitive_desc_query_md(primitive, query, index);
    dnnl_memory_desc copy = new dnnl_memory_desc();
    check(dnnl.dnnl_memory_desc_clone(copy, borrowed), "copy of a memory descriptor");
    return owned(resources, copy, dims, type);
  }

  /** Bytes of an argument that only the primitive understands: scratchpad or workspace. */
  static long opaqueBytes(dnnl_primitive_desc primitive, int query) {
    dnnl_memory_desc desc = dnnl.dnnl_primitive_desc_query_md(primitive, query, 0);
    return desc == null ? 0 : dnnl.dnnl_memory_desc_get_size(desc);
  }

  /** Name of the implementation that oneDNN chose, such as {@code jit:avx512_core}. */
  static String implementation(dnnl_primitive_desc primitive) {
    try (PointerPointer<BytePointer> text = new PointerPointer<>(1)) {
      check(
          dnnl.dnnl_primitive_desc_query(primitive, dnnl.dnnl_query_impl_info_str, 0, text),
          "name of an implementation");
      return text.get(BytePointer.class, 0).getString();
    }
  }

  /** Where neighbours along each axis lie, and the sizes of inner blocks. */
  static String strides(dnnl_memory_desc layout) {
    try (PointerPointer<LongPointer> strides = new PointerPointer<>(1);
        IntPointer rank = new IntPointer(1)) {
      check(dnnl.dnnl_memory_desc_query(layout, dnnl.dnnl_query_ndims_s32, rank), "rank");
      check(dnnl.dnnl_memory_desc_query(layout, dnnl.dnnl_query_strides, strides), "strides");
      long[] values = new long[rank.get()];
      strides.get(LongPointer.class, 0).get(values);
      check(dnnl.dnnl_memory_desc_query(layout, dnnl.dnnl_query_inner_nblks_s32, rank), "blocks");
      return Arrays.toString(values) + "/" + rank.get();
    }
  }

  /** Bytes of scratch memory that a primitive wants from its user. */
  static long scratchBytes(dnnl_primitive_desc primitive) {
    return opaqueBytes(primitive, dnnl.dnnl_query_scratchpad_md);
  }

  static Layout scratchLayout(Resources resources, dnnl_primitive_desc primitive) {
    long[] dims = {scratchBytes(primitive)};
    return chosen(resources, primitive, dnnl.dnnl_query_scratchpad_md, dims, DType.U8);
  }

  static void bind(dnnl_memory memory, long address) {
    check(dnnl.dnnl_memory_set_data_handle(memory, Memory.pointer(address)), "memory handle");
  }

  /** What is done to a result as it is stored. */
  interface PostOps {
    void append(dnnl_post_ops to);

    /** Sets what else the primitive is to know, such as which arguments have scales. */
    default void configure(dnnl_primitive_attr attributes) {}
  }

  /** Key of the scratch argument. */
  static final int SCRATCHPAD = dnnl.DNNL_ARG_SCRATCHPAD;

  static final PostOps NONE = to -> {};

  dnnl_primitive_desc describe(
      Resources resources, String what, PostOps postOps, Description description) {
    dnnl_primitive_desc result = tryDescribe(resources, postOps, description);
    if (result == null) {
      check(dnnl.dnnl_unimplemented, what);
    }
    return result;
  }

  /** Null where oneDNN has no implementation. */
  dnnl_primitive_desc tryDescribe(Resources resources, PostOps postOps, Description description) {
    dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    dnnl_post_ops operations = new dnnl_post_ops();
    check(dnnl.dnnl_primitive_attr_create(attributes), "attributes");
    try {
      check(
          dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl.dnnl_scratchpad_mode_user),
          "scratchpad mode");
      check(dnnl.dnnl_post_ops_create(operations), "post-ops");
      postOps.append(operations);
      check(dnnl.dnnl_primitive_attr_set_post_ops(attributes, operations), "post-ops");
      postOps.configure(attributes);
      dnnl_primitive_desc result = new dnnl_primitive_desc();
      int status = description.create(result, engine, attributes);
      if (status == dnnl.dnnl_unimplemented) {
        return null;
      }
      check(status, "primitive descriptor");
      resources.onClose(() -> dnnl.dnnl_primitive_desc_destroy(result));
      return result;
    } finally {
      dnnl.dnnl_post_ops_destroy(operations);
      dnnl.dnnl_primitive_attr_destroy(attributes);
    }
  }

  dnnl_primitive primitive(Resources resources, dnnl_primitive_desc description, String what) {
    dnnl_primitive primitive = new dnnl_primitive();
    check(dnnl.dnnl_primitive_create(primitive, description), what);
    resources.onClose(() -> dnnl.dnnl_primitive_destroy(primitive));
    return primitive;
  }

  /** A memory object without data; its address is set when regions are bound. */
  dnnl_memory memory(Resources resources, dnnl_memory_desc desc) {
    dnnl_memory memory = new dnnl_memory();
    check(dnnl.dnnl_memory_create(memory, desc, engine, Memory.pointer(0)), "memory object");
    resources.onClose(() -> dnnl.dnnl_memory_destroy(memory));
    return memory;
  }

  void execute(Prepared prepared, String what) {
    int status =
        dnnl.dnnl_primitive_execute(
            prepared.primitive(), stream, prepared.count(), prepared.arguments());
    if (status != dnnl.dnnl_success) {
      check(status, what);
    }
  }

  void await() {
    check(dnnl.dnnl_stream_wait(stream), "waiting for the stream");
  }

  dnnl_engine engine() {
    return engine;
  }

  static String version() {
    var version = dnnl.dnnl_version();
    return version.major() + "." + version.minor() + "." + version.patch();
  }
}
