"""Few numbers that stand for a tensor; io.resnet4j.golden.Golden reads and compares them.

Of a tensor t with n elements in row-major order, named name, under the golden's seed:
    norm          sqrt(sum t[i]^2)
    projections   k = 0 .. 7: sum t[i] * (2 u - 1), u = draw i of (seed, "projection.<k>.<name>")
    entries       k = 0 .. 63: t[floor(u * n)], u = draw k of (seed, "entries.<name>");
                  where n <= 64 all of t in order
    values        all of t in order instead of entries, for the logits

For an error e the projections give the unbiased estimate sqrt(3 / 8 * sum_k (e . r_k)^2) of its
norm, because the entries of r_k have variance 1/3.
"""

import numpy as np

from keyed_random import KeyedRandom

PROJECTIONS = 8
ENTRIES = 64


def digest(seed, name, array, whole=False):
    flat = np.ascontiguousarray(array, dtype=np.float64).reshape(-1)
    n = flat.size
    out = {"shape": list(array.shape), "norm": float(np.linalg.norm(flat))}
    out["projections"] = [_projection(seed, f"projection.{k}.{name}", flat) for k in range(PROJECTIONS)]
    if whole:
        out["values"] = flat.tolist()
    elif n <= ENTRIES:
        out["entries"] = flat.tolist()
    else:
        u = KeyedRandom.of(seed, f"entries.{name}").uniforms(ENTRIES)
        out["entries"] = flat[np.floor(u * n).astype(np.int64)].tolist()
    return out


def _projection(seed, path, flat, chunk=1 << 18):
    random = KeyedRandom.of(seed, path)
    total = 0.0
    for start in range(0, flat.size, chunk):
        part = flat[start : start + chunk]
        total += float(np.dot(part, 2 * random.uniforms(part.size, start) - 1))
    return total
