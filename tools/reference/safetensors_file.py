"""The safetensors format by hand: u64 little-endian header length, a JSON header of {name: {dtype,
shape, data_offsets}} and "__metadata__", then the tensors' bytes, row-major and little-endian."""

import json
import struct

import numpy as np

_TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}


def write(path, tensors, metadata):
    """Writes every array as F64."""
    header, offset = {"__metadata__": {k: str(v) for k, v in metadata.items()}}, 0
    for name, array in tensors.items():
        end = offset + 8 * array.size
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            out.write(np.ascontiguousarray(array, dtype="<f8").tobytes())


def read(path):
    """(float64 arrays by name, metadata)."""
    with open(path, "rb") as source:
        (length,) = struct.unpack("<Q", source.read(8))
        header = json.loads(source.read(length))
        data = source.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        array = np.frombuffer(data[start:end], dtype=_TYPES[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"]).astype(np.float64)
    return tensors, metadata
