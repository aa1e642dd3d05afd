"""The networks by resnet4j's names, with the input size and classes the goldens use."""

import re

from cifar_resnet import CifarResNet
from imagenet_resnet import DEPTHS, ImageNetResNet


def is_imagenet(name):
    match = re.fullmatch(r"(?:resnet|plain)(\d+)", name)
    return bool(match) and int(match.group(1)) in DEPTHS


def build(name, classes=None, activation="relu", zero_init=False):
    """resnet20 (option A), resnet20-b, plain20, ..., resnet18, resnet50, plain18, ..."""
    match = re.fullmatch(r"(resnet|plain)(\d+)(-b)?", name)
    if not match:
        raise ValueError(f"unknown network {name}")
    kind, depth, projection = match.group(1), int(match.group(2)), match.group(3)
    plain = kind == "plain"
    if is_imagenet(name):
        return ImageNetResNet(depth, classes or 1000, activation, zero_init, plain)
    shortcut = None if plain else "B" if projection else "A"
    return CifarResNet(depth, shortcut, classes or 10, activation, zero_init)


def golden_input(name):
    """(channels, height, width), classes."""
    return ((3, 64, 64), 1000) if is_imagenet(name) else ((3, 32, 32), 10)


def is_bottleneck(name):
    return is_imagenet(name) and DEPTHS[int(re.search(r"\d+", name).group())][0]
