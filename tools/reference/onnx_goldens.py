#!/usr/bin/env python3
"""Makes resnet4j-core/src/test/resources/golden/onnx: networks that PyTorch has exported.

    $RESNET4J_PYTHON tools/reference/onnx_goldens.py

Needs torch, onnx and onnxruntime (torch 2.13, onnx 1.23, ONNX Runtime 1.30 made the committed
files, by the exporter of TorchScript). `folded.onnx` is what an export in evaluation mode gives,
`training.onnx` the same network with its batch norms kept, `view.onnx` one that flattens by `view`;
`logits.json` holds inputs and what ONNX Runtime answers.
"""

import json
import pathlib

import numpy as np
import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "resnet4j-core/src/test/resources/golden/onnx"
SEED = 1512


class Mixed(nn.Module):
    """A little of everything that an exporter writes in more than one node."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4)
        self.gn = nn.GroupNorm(2, 8)
        self.gate = nn.Linear(8, 8)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.conv3 = nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.bn3 = nn.BatchNorm2d(12)
        self.downsample = nn.Sequential(nn.Conv2d(8, 12, 1, stride=2, bias=False), nn.BatchNorm2d(12))
        self.dropout = nn.Dropout(0.3)
        self.fc = nn.Linear(12, 5)

    def forward(self, x):
        x = F.gelu(self.bn1(self.conv1(x)))
        y = F.leaky_relu(self.gn(self.conv2(x)))
        y = y * torch.sigmoid(self.gate(y.mean((2, 3))))[:, :, None, None]
        x = self.maxpool(F.silu(x + y))
        x = F.relu(self.bn3(self.conv3(x)) + self.downsample(x))
        x = torch.flatten(F.adaptive_avg_pool2d(x, 1), 1)
        return self.fc(self.dropout(x))


class View(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1, bias=False)
        self.pool = nn.AvgPool2d(2)
        self.fc = nn.Linear(4 * 9, 3, bias=False)

    def forward(self, x):
        x = torch.tanh(self.pool(self.conv(x)))
        return F.softmax(self.fc(x.view(x.size(0), -1)), dim=1)


def randomise(net):
    generator = torch.Generator().manual_seed(SEED)
    for module in net.modules():
        for name, tensor in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            if tensor.dim() == 1:
                low = 0.5 if name in ("weight", "running_var") else -0.3
                tensor.data.copy_(torch.rand(tensor.shape, generator=generator) + low)
    return net.eval()


def export(net, file, shape, **how):
    generator = torch.Generator().manual_seed(SEED)
    images = (torch.randn(shape, generator=generator) * 100).round() / 100
    axes = {"input": {0: "n"}, "output": {0: "n"}}
    torch.onnx.export(net, (images,), OUT / file, input_names=["input"], output_names=["output"],
                      dynamic_axes=axes, dynamo=False, **how)
    session = onnxruntime.InferenceSession(str(OUT / file))
    output = session.run(None, {"input": images.numpy()})[0]
    if file == "view.onnx":  # what stands before the softmax, up to a constant per row
        output = np.log(output)
    return {"file": file, "input": [round(v, 2) for v in images.flatten().tolist()], "shape": list(shape),
            "logits": output.flatten().astype(float).tolist()}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    mixed, view = randomise(Mixed()), randomise(View())
    cases = [
        export(mixed, "folded.onnx", (2, 3, 12, 10), opset_version=17),
        export(mixed, "training.onnx", (2, 3, 12, 10), opset_version=13, do_constant_folding=False,
               training=torch.onnx.TrainingMode.PRESERVE),
        export(view, "view.onnx", (2, 1, 6, 6), opset_version=11),
    ]
    how = f"tools/reference/onnx_goldens.py, torch {torch.__version__}, ONNX Runtime {onnxruntime.__version__}"
    (OUT / "logits.json").write_text(json.dumps({"how": how, "cases": cases}) + "\n")


main()
