"""ImageNet residual networks of He et al. 2015 with torchvision's state_dict names.

The bottleneck's stride sits on its 3x3 convolution (torchvision's "v1.5"). The plain twin has
neither additions nor projections. check_torchvision.py shows that torchvision gives the same
logits for the same state_dict.
"""

import torch
from torch import nn

from cifar_resnet import ACTIVATIONS

# depth: (bottleneck, blocks per stage)
DEPTHS = {
    18: (False, (2, 2, 2, 2)),
    34: (False, (3, 4, 6, 3)),
    50: (True, (3, 4, 6, 3)),
    101: (True, (3, 4, 23, 3)),
    152: (True, (3, 8, 36, 3)),
}


class Block(nn.Module):
    """Basic: 3x3, 3x3. Bottleneck: 1x1, 3x3 with the stride, 1x1 to four times the width."""

    def __init__(self, inputs, width, stride, bottleneck, plain, activation):
        super().__init__()
        outputs = 4 * width if bottleneck else width
        # kernel, stride, channels in, channels out
        if bottleneck:
            rows = ((1, 1, inputs, width), (3, stride, width, width), (1, 1, width, outputs))
        else:
            rows = ((3, stride, inputs, width), (3, 1, width, width))
        for i, (kernel, step, c_in, c_out) in enumerate(rows, 1):
            setattr(self, f"conv{i}", nn.Conv2d(c_in, c_out, kernel, step, kernel // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(c_out))
        self.count = len(rows)
        self.plain = plain
        self.activation = activation
        self.downsample = None
        if not plain and (stride != 1 or inputs != outputs):
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.outputs = outputs

    def last_norm(self):
        return getattr(self, f"bn{self.count}")

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = self.activation(y)
        if not self.plain:
            y = y + (x if self.downsample is None else self.downsample(x))
        return self.activation(y)


class ImageNetResNet(nn.Module):
    """Input [N, 3, H, W], H and W usually 224."""

    def __init__(self, depth, classes=1000, activation="relu", zero_init=False, plain=False):
        super().__init__()
        bottleneck, counts = DEPTHS[depth]
        self.activation = ACTIVATIONS[activation]
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for stage, count in enumerate(counts):
            blocks = []
            for i in range(count):
                stride = 2 if stage > 0 and i == 0 else 1
                width = 64 << stage
                blocks.append(Block(inputs, width, stride, bottleneck, plain, self.activation))
                inputs = blocks[-1].outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inputs, classes)
        if zero_init:
            for module in self.modules():
                if isinstance(module, Block):
                    nn.init.zeros_(module.last_norm().weight)

    def forward(self, x):
        x = self.maxpool(self.activation(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))
