#!/usr/bin/env python3
"""Makes the goldens under resnet4j-core/src/test/resources/golden/ from real PyTorch.

Command:  $RESNET4J_PYTHON tools/reference/make_goldens.py [--only NAME ...]
with a Python that has torch and numpy (the committed ones: torch 2.13, CPU). Takes a minute or two.

A network's file is gzipped JSON:
    {"about": {seed, torch, numpy, command, threads}, "network", "activation", "batch", "input":
     [C, H, W], "classes", "delta": {steps, lr, momentum, weight_decay, zero_init} (ReLU only),
     "peer": {...}, "tensors": {name: digest}}
Names are those of runs.py, digests those of digest.py, weights and input those of fills.py; all
tensors are float64. <network>-silu has SiLU for every ReLU and holds "loss", "logits" and
"grad.*" alone. "peer" is how far PyTorch itself, in lower precision on this machine, is from these
numbers, as relative norms: {f32,bf16}_{logits,eval_logits,gradients}; gradients are those of all
parameters as one vector; bf16 is autocast over f32 weights. One draw of weights says little about
rounding, so the CIFAR networks also have bf16_{logits,eval_logits}_by_seed, of eight seeds in a row,
and under "by_seed" the {logits,eval_logits} themselves, one list a seed.

keyed_random.json, ops.json.gz, training.json.gz and designs.json.gz are described in
keyed_random_golden.py, op_goldens.py, training_goldens.py and design_goldens.py.
"""

import argparse
import gzip
import io
import json
import pathlib

import numpy as np
import torch

import design_goldens
import digest
import keyed_random_golden
import lab_goldens
import networks
import op_goldens
import runs
import training_goldens

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "resnet4j-core/src/test/resources/golden"
NETWORKS = ("resnet20", "resnet20-b", "resnet18", "resnet50")
STEPS = {"resnet20": 10, "resnet20-b": 10, "resnet18": 3, "resnet50": 3}
SEEDS = 8


def about():
    return {
        "seed": runs.SEED,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "command": "$RESNET4J_PYTHON tools/reference/make_goldens.py",
        "threads": torch.get_num_threads(),
    }


def network_golden(name, activation):
    shape, classes = networks.golden_input(name)
    relu = activation == "relu"
    zero_init = networks.is_bottleneck(name)
    exact = runs.quantities(
        name, activation=activation, steps=STEPS[name] if relu else 0, zero_init=zero_init
    )
    golden = {
        "about": about(),
        "network": name,
        "activation": activation,
        "batch": runs.BATCH,
        "input": list(shape),
        "classes": classes,
    }
    if relu:
        golden["delta"] = {"steps": STEPS[name], "zero_init": zero_init, **runs.SGD}
    golden["peer"] = peer(name, activation, exact)
    if has_seeds(name, activation):
        golden["by_seed"] = by_seed(name, activation)
    golden["tensors"] = {
        key: digest.digest(runs.SEED, key, value, whole=key.endswith("logits"))
        for key, value in exact.items()
        if key.startswith(("loss", "logits", "grad.") + (("eval.", "running.", "delta.") if relu else ()))
    }
    return golden


def has_seeds(name, activation):
    return activation == "relu" and name.startswith("resnet20")


def seeds():
    return range(runs.SEED, runs.SEED + SEEDS)


def by_seed(name, activation):
    exact = [runs.quantities(name, "float64", activation, seed=seed) for seed in seeds()]
    return {
        mode.replace(".", "_"): [run[mode].ravel().tolist() for run in exact]
        for mode in ("logits", "eval.logits")
    }


def peer(name, activation, exact):
    out = {}
    for dtype, label in (("float32", "f32"), ("bfloat16", "bf16")):
        run = runs.quantities(name, dtype, activation)
        out[f"{label}_logits"] = runs.distance(run["logits"], exact["logits"])
        out[f"{label}_eval_logits"] = runs.distance(run["eval.logits"], exact["eval.logits"])
        out[f"{label}_gradients"] = runs.together(run, exact, "grad.")
    if has_seeds(name, activation):
        for mode in ("logits", "eval.logits"):
            out[f"bf16_{mode.replace('.', '_')}_by_seed"] = [
                runs.distance(
                    runs.quantities(name, "bfloat16", activation, seed=seed)[mode],
                    runs.quantities(name, "float64", activation, seed=seed)[mode],
                )
                for seed in seeds()
            ]
    return out


def write(file, content, zipped=True):
    OUT.mkdir(parents=True, exist_ok=True)
    text = (json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n").encode("utf-8")
    if zipped:
        buffer = io.BytesIO()
        # No time stamp and no name inside: the same numbers give the same file.
        with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as out:
            out.write(text)
        text = buffer.getvalue()
    (OUT / file).write_bytes(text)
    print(f"{file}: {len(text):,} bytes", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Makes the goldens from real PyTorch.")
    parser.add_argument(
        "--only",
        nargs="+",
        help="keyed_random, ops, training, designs, lab, or names such as resnet20-silu",
    )
    only = parser.parse_args().only
    if not only or "keyed_random" in only:
        write("keyed_random.json", {"about": about(), **keyed_random_golden.golden()}, zipped=False)
    if not only or "ops" in only:
        write("ops.json.gz", {"about": about(), **op_goldens.golden(runs.SEED)})
    if not only or "training" in only:
        write("training.json.gz", {"about": about(), **training_goldens.golden(runs.SEED)})
    if not only or "lab" in only:
        write("lab.json", {"about": about(), **lab_goldens.golden()}, zipped=False)
    if not only or "designs" in only:
        write("designs.json.gz", {"about": about(), "designs": design_goldens.all_goldens()})
    for name in NETWORKS:
        for activation in ("relu", "silu"):
            key = name if activation == "relu" else f"{name}-silu"
            if not only or key in only:
                write(f"{key}.json.gz", network_golden(name, activation))


if __name__ == "__main__":
    main()
