package io.resnet4j.interop;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The allow-list: every class and function that a pickle may name, and what it stands for here.
 * None is ever looked up, loaded or run; a name is a key of this table and nothing else.
 */
final class PickleGlobals {
  /** What a name stands for. */
  enum Role {
    /** Called without arguments, an empty dictionary. */
    DICT,
    /** Called with storage, offset, sizes and strides, a tensor. */
    TENSOR,
    /** Called with a tensor, that tensor. */
    PARAMETER,
    /** An element type, as part of a storage. */
    STORAGE,
    /** Something that no tensor needs, such as a scheduler's counter; what it makes is ignored. */
    IGNORED
  }

  private static final Map<String, Pickled.Global> ALL = new HashMap<>();

  static {
    allow("collections.OrderedDict", Role.DICT, null);
    allow("torch._utils._rebuild_tensor_v2", Role.TENSOR, null);
    // What PyTorch wrote before 0.4, with the first four arguments alone.
    allow("torch._utils._rebuild_tensor", Role.TENSOR, null);
    allow("torch._utils._rebuild_parameter", Role.PARAMETER, null);
    allow("torch.DoubleStorage", Role.STORAGE, StoredType.F64);
    allow("torch.FloatStorage", Role.STORAGE, StoredType.F32);
    allow("torch.HalfStorage", Role.STORAGE, StoredType.F16);
    allow("torch.BFloat16Storage", Role.STORAGE, StoredType.BF16);
    allow("torch.LongStorage", Role.STORAGE, StoredType.I64);
    allow("torch.IntStorage", Role.STORAGE, StoredType.I32);
    allow("torch.ShortStorage", Role.STORAGE, StoredType.I16);
    allow("torch.CharStorage", Role.STORAGE, StoredType.I8);
    allow("torch.ByteStorage", Role.STORAGE, StoredType.U8);
    allow("torch.BoolStorage", Role.STORAGE, StoredType.BOOL);
    List.of("torch.Size", "torch.device", "collections.Counter")
        .forEach(name -> allow(name, Role.IGNORED, null));
    List.of(
            "float64",
            "float32",
            "float16",
            "bfloat16",
            "int64",
            "int32",
            "int16",
            "int8",
            "uint8",
            "bool")
        .forEach(dtype -> allow("torch." + dtype, Role.IGNORED, null));
  }

  private PickleGlobals() {}

  private static void allow(String name, Role role, @Nullable StoredType type) {
    ALL.put(name, new Pickled.Global(name, role, type));
  }

  /** What {@code name}, with its module, stands for; null where it is not allowed. */
  static Pickled.@Nullable Global named(String name) {
    return ALL.get(name);
  }
}
