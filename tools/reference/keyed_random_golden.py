"""Draws and fills that pin io.resnet4j.random.KeyedRandom and ReferenceWeights to Python.

    {"draws": [{seed, path, child (absent: none), indices, bits (hexadecimal), uniform, normal,
                ints: nextInt of 2, 3, ..., 21 in turn from a fresh generator, permutation of 20}],
     "fills": [{path, shape, weight_shape (biases), first: the first 16 values, norm}],
     "labels": {classes, values}}
"""

import numpy as np

import fills
import runs
from keyed_random import KeyedRandom

_DRAWS = (
    (0, "", None),
    (1, "a", None),
    (1512, "layer1.0.conv1.weight", None),
    (-7, "epoch", 3),
    (2**63 - 1, "größe/日本", 0),
)
_FILLS = (
    ("conv1.weight", (16, 3, 3, 3), None),
    ("layer4.2.conv3.weight", (64, 32, 1, 1), None),
    ("bn1.weight", (16,), None),
    ("bn1.bias", (16,), (16,)),
    ("bn1.running_mean", (16,), None),
    ("bn1.running_var", (16,), None),
    ("fc.weight", (10, 64), None),
    ("fc.bias", (10,), (10, 64)),
    ("stem.bias", (16,), (16, 3, 7, 7)),
    ("input", (2, 3, 5, 4), None),
)


def golden():
    return {
        "draws": [_draws(*key) for key in _DRAWS],
        "fills": [_fill(*key) for key in _FILLS],
        "labels": {"classes": 1000, "values": fills.labels(runs.SEED, 16, 1000).tolist()},
    }


def _draws(seed, path, child):
    def fresh():
        random = KeyedRandom.of(seed, path)
        return random if child is None else random.child(child)

    indices = [0, 1, 2, 3, 63, 64, 1_000_003, 2**31 - 1, 2**31, 2**40 + 5]
    counted = fresh()
    out = {"seed": seed, "path": path}
    if child is not None:
        out["child"] = child
    out["indices"] = indices
    out["bits"] = [f"{int(b):016x}" for b in fresh().bits_at(indices)]
    out["uniform"] = fresh().uniform_at(indices).tolist()
    out["normal"] = fresh().normal_at(indices).tolist()
    out["ints"] = [counted.next_int(bound) for bound in range(2, 22)]
    out["permutation"] = fresh().permutation(20)
    return out


def _fill(path, shape, weight_shape):
    values = fills.tensor(runs.SEED, path, shape, weight_shape).reshape(-1)
    out = {"path": path, "shape": list(shape)}
    if weight_shape:
        out["weight_shape"] = list(weight_shape)
    out["first"] = values[:16].tolist()
    out["norm"] = float(np.linalg.norm(values))
    return out
