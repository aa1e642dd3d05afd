#!/usr/bin/env python3
"""Measures PyTorch's training steps on the CPU: forward, loss, backward, SGD update.

    $RESNET4J_PYTHON tools/peers/pytorch_train_speed.py --network resnet20-b --batch 128 \\
        --precision bf16 --mode compile --threads 2

One step is zero_grad, cross-entropy of the logits, backward and SGD (lr 0.01, momentum 0.9, weight
decay 1e-4) on one batch that stays in memory; channels_last unless --contiguous; bf16 is autocast.
Prints one JSON line: images_per_s of each repeat (from the median step of the repeat), their median
and best, the process's peak resident memory and how it was run. The networks are those of
tools/reference, which have torchvision's structure.
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))


def main():
    args = arguments()
    # Before torch is loaded: its OpenMP reads this once.
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import torch

    import networks

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    layout = torch.contiguous_format if args.contiguous else torch.channels_last
    shape = [int(n) for n in args.input.split("x")]
    model = networks.build(args.network, args.classes).to(memory_format=layout).train()
    optimiser = sgd(torch, model.parameters(), args.optimizer)
    forward = torch.compile(model) if args.mode == "compile" else model
    x = torch.randn([args.batch] + shape).to(memory_format=layout)
    y = torch.randint(args.classes, (args.batch,))

    def step():
        if args.precision == "bf16":
            cast = torch.autocast("cpu", dtype=torch.bfloat16)
        else:
            cast = contextlib.nullcontext()
        optimiser.zero_grad(set_to_none=True)
        with cast:
            loss = torch.nn.functional.cross_entropy(forward(x), y)
        loss.backward()
        optimiser.step()
        return loss

    started = time.perf_counter()
    for _ in range(args.warmup):
        step()
    warmed = time.perf_counter() - started
    rates = []
    for _ in range(args.repeats):
        seconds = []
        for _ in range(args.steps):
            start = time.perf_counter()
            loss = step()
            seconds.append(time.perf_counter() - start)
        rates.append(args.batch / statistics.median(seconds))
    if not bool(torch.isfinite(loss)):
        sys.exit(f"loss {float(loss)} after the measurement: the run did not train")
    result = {
        "peer": "pytorch",
        "version": torch.__version__,
        "model": args.network,
        "batch": args.batch,
        "input": args.input,
        "classes": args.classes,
        "precision": args.precision,
        "mode": args.mode,
        "optimizer": args.optimizer,
        "channels_last": not args.contiguous,
        "threads": args.threads,
        "images_per_s": [round(r, 3) for r in rates],
        "images_per_s_median": round(statistics.median(rates), 3),
        "images_per_s_best": round(max(rates), 3),
        "warmup_s": round(warmed, 2),
        "peak_rss_bytes": peak_rss(),
    }
    print(json.dumps(result))


def sgd(torch, parameters, kind):
    """fused updates all parameters in one kernel and is the fastest on the CPU where it exists."""
    fused = {"fused": True} if kind == "fused" else {}
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-4, **fused)


def peak_rss():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def arguments():
    parser = argparse.ArgumentParser(description="Measures PyTorch's training steps on the CPU.")
    parser.add_argument("--network", default="resnet20-b", help="resnet20, resnet20-b, resnet18, resnet50")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--input", default="3x32x32", help="CxHxW")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--precision", default="f32", choices=("f32", "bf16"))
    parser.add_argument("--mode", default="eager", choices=("eager", "compile"))
    parser.add_argument("--optimizer", default="fused", choices=("fused", "default"))
    parser.add_argument("--contiguous", action="store_true", help="NCHW instead of channels_last")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=5, help="steps before the first repeat")
    parser.add_argument("--steps", type=int, default=20, help="steps of one repeat")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
