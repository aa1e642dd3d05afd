"""CIFAR residual networks of He et al. 2015, section 4.2: 6n + 2 layers, and their plain twins.

Parameter names follow torchvision: conv1, bn1, layer1.0.conv1, ..., layer2.0.downsample.0, fc.
"""

import torch
from torch import nn

ACTIVATIONS = {"relu": nn.functional.relu, "silu": nn.functional.silu}


class PadShortcut(nn.Module):
    """Option A: every other pixel; the new channels are zeros, half in front and half behind."""

    def __init__(self, inputs, outputs):
        super().__init__()
        before = (outputs - inputs) // 2
        self.channels = (before, outputs - inputs - before)

    def forward(self, x):
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0) + self.channels)


class Block(nn.Module):
    """Two 3x3 convolutions. shortcut: "A" (zero pad), "B" (projection) or None (plain)."""

    def __init__(self, inputs, outputs, stride, shortcut, activation):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.activation = activation
        self.residual = shortcut is not None
        self.downsample = None
        if stride != 1 or inputs != outputs:
            if shortcut == "A":
                self.downsample = PadShortcut(inputs, outputs)
            elif shortcut == "B":
                self.downsample = nn.Sequential(
                    nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
                )

    def forward(self, x):
        y = self.activation(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.residual:
            y = y + (x if self.downsample is None else self.downsample(x))
        return self.activation(y)


class CifarResNet(nn.Module):
    """depth = 6n + 2; input [N, 3, 32, 32], where a plane shrinks by 4."""

    def __init__(
        self,
        depth,
        shortcut="A",
        classes=10,
        activation="relu",
        zero_init=False,
        widths=(16, 32, 64),
    ):
        super().__init__()
        if depth < 8 or (depth - 2) % 6:
            raise ValueError(f"depth {depth} is not 6n + 2")
        if shortcut not in ("A", "B", None):
            raise ValueError(f"shortcut {shortcut}: use A, B or None")
        self.activation = ACTIVATIONS[activation]
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        inputs = widths[0]
        for stage, width in enumerate(widths):
            blocks = []
            for i in range((depth - 2) // 6):
                stride = 2 if stage > 0 and i == 0 else 1
                blocks.append(Block(inputs, width, stride, shortcut, self.activation))
                inputs = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(widths[-1], classes)
        if zero_init:
            for module in self.modules():
                if isinstance(module, Block):
                    nn.init.zeros_(module.bn2.weight)

    def forward(self, x):
        x = self.activation(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(x.mean((2, 3)), 1))
