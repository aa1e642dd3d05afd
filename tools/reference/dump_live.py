#!/usr/bin/env python3
"""Runs a network in live PyTorch and writes every tensor in full, for a comparison without digests.

    $RESNET4J_PYTHON tools/reference/dump_live.py --network resnet20 --dtype float64 --steps 10 \\
        --out resnet20.safetensors

Weights, input and labels are those of fills.py; the file is safetensors, every tensor F64 whatever
the run's type: "input" [N,C,H,W], "labels" [N], "loss" [1], "logits" and "eval.logits" [N,K],
"grad.<parameter>", "grad.input", "running.<buffer>" and, with --steps, "delta.<path>" (see runs.py
for what they are). "__metadata__" says how it was made.
"""

import argparse

import numpy as np
import torch

import networks
import runs
import safetensors_file


def main():
    parser = argparse.ArgumentParser(description="Writes a PyTorch run's tensors in full.")
    parser.add_argument("--network", required=True, help="resnet20, resnet20-b, resnet18, plain20, ...")
    parser.add_argument("--dtype", default="float64", choices=("float64", "float32", "bfloat16"))
    parser.add_argument("--activation", default="relu", choices=("relu", "silu"))
    parser.add_argument("--steps", type=int, default=0, help="SGD steps for delta.*; 0 for none")
    parser.add_argument(
        "--zero-init",
        default="auto",
        choices=("auto", "yes", "no"),
        help="last scale of each block starts at zero for delta.*; auto: bottlenecks only",
    )
    parser.add_argument("--seed", type=int, default=runs.SEED)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    zero_init = args.zero_init == "yes" or (
        args.zero_init == "auto" and networks.is_bottleneck(args.network)
    )
    tensors = runs.quantities(
        args.network,
        args.dtype,
        args.activation,
        args.steps,
        args.seed,
        zero_init,
        args.channels_last,
    )
    metadata = {**vars(args), "torch": torch.__version__, "numpy": np.__version__}
    metadata.update(runs.SGD, zero_init=zero_init, batch=runs.BATCH)
    safetensors_file.write(args.out, tensors, metadata)


if __name__ == "__main__":
    main()
