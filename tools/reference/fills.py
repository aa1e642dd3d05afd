"""Weights, inputs and labels drawn from KeyedRandom; io.resnet4j.golden.ReferenceWeights in Python.

u is draw i of the generator (seed, path), where i is the element's row-major position (OIHW for
convolutions, [out, in] for linear layers, NCHW for the input), and v = 2u - 1. Everything is
computed in float64 and cast to the type of the run afterwards.

    path                                          value
    ....weight of rank 4 (convolution)            sqrt(3) * sqrt(2 / fan_in) * v; variance 2 / fan_in
    ....weight of rank 2 (linear)                 sqrt(1 / fan_in) * v
    ....bias beside a weight of rank 2 or 4       sqrt(1 / fan_in of that weight) * v
    ....weight of rank 1 (batch norm)             1 + 0.2 * v
    ....bias beside a weight of rank 1            0.2 * v
    ....running_mean                              0.1 * v
    ....running_var                               0.5 + u
    ....gain (standardised weights), ....scale    1 + 0.2 * v
    ....bias1, ....bias1a and so on (Fixup)       0.2 * v
    ....filt (blur)                               the outer product of 1/4 1/2 1/4
    "input"                                       sqrt(3) * v
    "labels"                                      floor(u * classes), one per picture

fan_in is the product of all dimensions but the first.
"""

import math
import re

import numpy as np

from keyed_random import KeyedRandom


def tensor(seed, path, shape, weight_shape=None):
    """The float64 array of one path; a bias needs the shape of the weight beside it."""
    count = int(np.prod(shape, dtype=np.int64))
    u = KeyedRandom.of(seed, path).uniforms(count)
    v = 2 * u - 1
    name = path.rsplit(".", 1)[-1]
    if path == "input":
        value = math.sqrt(3) * v
    elif name == "running_mean":
        value = 0.1 * v
    elif name == "running_var":
        value = 0.5 + u
    elif name == "weight" and len(shape) == 4:
        value = math.sqrt(3) * math.sqrt(2.0 / _fan_in(shape)) * v
    elif name == "weight" and len(shape) == 2:
        value = math.sqrt(1.0 / _fan_in(shape)) * v
    elif name == "weight" and len(shape) == 1:
        value = 1 + 0.2 * v
    elif name in ("gain", "scale"):
        value = 1 + 0.2 * v
    elif re.fullmatch(r"bias\d[ab]?", name):
        value = 0.2 * v
    elif name == "filt":
        value = np.broadcast_to(np.outer([1, 2, 1], [1, 2, 1]) / 16, shape)
    elif name == "bias" and len(weight_shape) == 1:
        value = 0.2 * v
    elif name == "bias":
        value = math.sqrt(1.0 / _fan_in(weight_shape)) * v
    else:
        raise ValueError(f"{path} {shape}: no rule")
    return value.reshape(shape)


def labels(seed, batch, classes):
    return np.floor(KeyedRandom.of(seed, "labels").uniforms(batch) * classes).astype(np.int64)


def state(seed, shapes):
    """Arrays for a dictionary of shapes by path, as of a state_dict."""
    return {
        path: tensor(seed, path, shape, shapes.get(path[: -len("bias")] + "weight"))
        for path, shape in shapes.items()
    }


def _fan_in(shape):
    return int(np.prod(shape[1:], dtype=np.int64))
