#!/usr/bin/env python3
"""Weights of torchvision's residual, VGG and DenseNet networks on their way to resnet4j and back.

    python3 tools/reference/weights_travel.py list NAME...        those that torchvision has
    python3 tools/reference/weights_travel.py input NAME          the size of the pictures, as CxHxW
    python3 tools/reference/weights_travel.py write NAME FOLDER   weights.pth, theirs.safetensors
    python3 tools/reference/weights_travel.py back NAME FOLDER    loads ours.safetensors with strict=True

Needs torch and torchvision. `write` draws weights and running statistics from the seed, saves them
as one of the shapes that checkpoints have, by turns, and runs pictures of an odd size in evaluation
mode in float64; theirs.safetensors holds "input" and "logits". `back` fails unless every tensor
comes back bit for bit.
"""

import argparse
import pathlib
import zlib

import torch
import torchvision

import safetensors_file

SEED = 1512
BATCH = 2
INPUT = (3, 97, 75)
# VGG's first affine map takes 7x7 positions; these sizes leave that many.
VGG_INPUT = (3, 229, 235)
MODULES = ("torchvision.models.resnet", "torchvision.models.vgg", "torchvision.models.densenet")
WRAPPED = (
    lambda state: state,
    lambda state: {"epoch": 7, "state_dict": {"module." + k: v for k, v in state.items()}},
    lambda state: {"model": state, "best_acc1": 76.1, "args": {"lr": 0.1}},
)


def known(name):
    maker = getattr(torchvision.models, name, None)
    return callable(maker) and maker.__module__ in MODULES


def size(name):
    return VGG_INPUT if name.startswith("vgg") else INPUT


def network(name):
    torch.manual_seed(SEED + zlib.crc32(name.encode()))
    model = getattr(torchvision.models, name)(weights=None)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            module.num_batches_tracked += 7
    return model.eval()


def write(name, folder):
    model = network(name)
    state = model.state_dict()
    wrapped = WRAPPED[zlib.crc32(name.encode()) % len(WRAPPED)]
    torch.save(wrapped(state), folder / "weights.pth")
    pictures = torch.randn((BATCH, *size(name)))
    with torch.no_grad():
        logits = model.double()(pictures.double())
    tensors = {"input": pictures.numpy(), "logits": logits.numpy()}
    safetensors_file.write(folder / "theirs.safetensors", tensors, {"network": name})


def back(name, folder):
    model = network(name)
    sent = {key: value.clone() for key, value in model.state_dict().items()}
    arrays, _ = safetensors_file.read(folder / "ours.safetensors")
    state = {key: torch.from_numpy(array.copy()) for key, array in arrays.items()}
    model.load_state_dict(state, strict=True)
    for key, value in model.state_dict().items():
        if not key.endswith("num_batches_tracked") and not torch.equal(value, sent[key]):
            raise SystemExit(f"{name}: {key} came back changed")


def main():
    parser = argparse.ArgumentParser(description="Weights on their way to resnet4j and back.")
    parser.add_argument("what", choices=("list", "input", "write", "back"))
    parser.add_argument("names", nargs="+")
    args = parser.parse_args()
    if args.what == "list":
        print(" ".join(name for name in args.names if known(name)))
    elif args.what == "input":
        print("x".join(map(str, size(args.names[0]))))
    else:
        name, folder = args.names
        (write if args.what == "write" else back)(name, pathlib.Path(folder))


if __name__ == "__main__":
    main()
