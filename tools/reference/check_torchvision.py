#!/usr/bin/env python3
"""Shows that imagenet_resnet.py is torchvision's network: same state_dict, same logits.

Run with a Python that has torch and torchvision: python3 tools/reference/check_torchvision.py
"""

import sys

import torch
import torchvision

import runs


def main():
    for name in ("resnet18", "resnet34", "resnet50"):
        ours, _ = runs.filled(name, dtype=torch.float64)
        theirs = getattr(torchvision.models, name)(weights=None).double()
        assert [(k, v.shape) for k, v in ours.state_dict().items()] == [
            (k, v.shape) for k, v in theirs.state_dict().items()
        ], f"{name}: other names or shapes"
        theirs.load_state_dict(ours.state_dict())
        x, _ = runs.batch(name, dtype=torch.float64)
        for training in (True, False):
            a, b = ours.train(training)(x), theirs.train(training)(x)
            error = float((a - b).norm() / b.norm())
            print(f"{name} training={training}: relative difference of logits {error:.2e}")
            if not error <= 1e-12:
                sys.exit(f"{name}: logits differ from torchvision {torchvision.__version__}")


if __name__ == "__main__":
    main()
