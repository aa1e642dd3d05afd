#!/usr/bin/env python3
"""Compares two dumps (safetensors as dump_live.py writes them) tensor by tensor.

    $RESNET4J_PYTHON tools/reference/compare_full.py REFERENCE OTHER [--limit logits=1e-9 ...]

For each kind (loss, logits, eval.logits, grad, running, delta) prints the worst relative norm of
the difference and its tensor, and for gradients all of them together. Gradients below 1e-6 of the
norm of all parameters' gradients are compared as if they had that norm. A kind in --limit whose
worst is larger, or "together", or a missing tensor, makes the exit status 1. An exact zero compared
with an exact zero is equal.
"""

import argparse
import sys

import numpy as np

import safetensors_file


def errors(reference, other):
    """Relative difference by name, over the names of the reference."""
    parameters = [n for n in reference if n.startswith("grad.") and n != "grad.input"]
    floor = 1e-6 * sum(float(np.sum(reference[n] ** 2)) for n in parameters) ** 0.5
    out = {}
    for name, expected in reference.items():
        if name in ("input", "labels"):
            continue
        if name not in other or other[name].shape != expected.shape:
            out[name] = float("inf")
            continue
        difference = float(np.linalg.norm(other[name] - expected))
        scale = float(np.linalg.norm(expected))
        if name.startswith("grad."):
            scale = max(scale, floor)
        out[name] = 0.0 if difference == 0 else difference / scale if scale else float("inf")
    if parameters:
        squares = sum(
            (out[n] * max(float(np.linalg.norm(reference[n])), floor)) ** 2 for n in parameters
        )
        out["together"] = squares**0.5 / (1e6 * floor)
    return out


def kind(name):
    return name.split(".")[0] if name.startswith(("grad.", "running.", "delta.")) else name


def main():
    parser = argparse.ArgumentParser(description="Compares two dumps tensor by tensor.")
    parser.add_argument("reference")
    parser.add_argument("other")
    parser.add_argument("--limit", nargs="*", default=[], help="KIND=NUMBER, KIND may be together")
    args = parser.parse_args()
    limits = {k: float(v) for k, v in (limit.split("=") for limit in args.limit)}
    reference, _ = safetensors_file.read(args.reference)
    other, _ = safetensors_file.read(args.other)
    same = "input" not in other or np.allclose(reference["input"], other["input"], rtol=0, atol=1e-6)
    if not same:
        print("warning: the inputs differ", file=sys.stderr)
    worst = {}
    for name, error in errors(reference, other).items():
        group = worst.setdefault(kind(name), [])
        group.append((error if error == error else float("inf"), name))
    failed = [k for k in limits if k not in worst]
    for group, found in worst.items():
        error, name = max(found)
        limit = limits.get(group)
        verdict = "" if limit is None else " ok" if error <= limit else " TOO FAR"
        print(f"{group:12} n={len(found):<4} worst {error:.3e} ({name}){verdict}")
        if limit is not None and not error <= limit:
            failed.append(group)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
