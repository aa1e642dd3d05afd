"""Class activation maps and smoothed input gradients of a small network, by PyTorch's autograd.

Writes resnet4j-core/src/test/resources/golden/explanations.json.gz: for each layer and class the map
[rows, columns] of Grad-CAM and Grad-CAM++, not normalised, and SmoothGrad's map of the input. The
network is a CIFAR ResNet-8 (option A, widths 4, 8, 8) in evaluation mode in float64 with keyed weights
and one keyed input. Run from the repository's root (seconds):

    $RESNET4J_PYTHON tools/reference/explanation_goldens.py
"""

import numpy as np
import torch

import cifar_resnet
import fills
import make_goldens
import runs
from keyed_random import KeyedRandom

WIDTHS = (4, 8, 8)
CLASSES = (3, 7)
LAYERS = ("layer3", "layer2")
COPIES = 25
NOISE = 0.15


def network():
    model = cifar_resnet.CifarResNet(8, widths=WIDTHS).double().eval()
    shapes = {
        path: tuple(value.shape)
        for path, value in model.state_dict().items()
        if not path.endswith("num_batches_tracked")
    }
    state = fills.state(runs.SEED, shapes)
    model.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()}, strict=False)
    return model


def value_and_gradient(model, x, layer, target):
    kept = []
    handle = getattr(model, layer).register_forward_hook(lambda m, i, out: kept.append(out))
    logits = model(x)
    handle.remove()
    (gradient,) = torch.autograd.grad(logits[0, target], kept[0])
    return kept[0].detach()[0], gradient[0]


def grad_cam(value, gradient):
    weights = gradient.mean((1, 2), keepdim=True)
    return torch.relu((weights * value).sum(0))


def grad_cam_plus_plus(value, gradient):
    total = value.sum((1, 2), keepdim=True)
    divisor = 2 * gradient**2 + total * gradient**3
    alpha = torch.where(divisor != 0, gradient**2 / divisor, torch.zeros_like(divisor))
    weights = (alpha * torch.relu(gradient)).sum((1, 2), keepdim=True)
    return torch.relu((weights * value).sum(0))


def smooth_grad(model, x, target):
    deviation = NOISE * (x.max() - x.min()).item()
    total = torch.zeros_like(x)
    for copy in range(COPIES):
        normals = torch.from_numpy(KeyedRandom.of(copy, "smoothgrad").normal_at(np.arange(x.numel())))
        noisy = (x + deviation * normals.reshape(x.shape)).requires_grad_()
        total += torch.autograd.grad(model(noisy)[0, target], noisy)[0]
    return (total[0] / COPIES).abs().amax(0)


def rows(tensor):
    return [[float(v) for v in row] for row in tensor]


def main():
    model = network()
    x = torch.from_numpy(fills.tensor(runs.SEED, "input", (1, 3, 32, 32)))
    maps = []
    for target in CLASSES:
        for layer in LAYERS:
            value, gradient = value_and_gradient(model, x, layer, target)
            for method, how in (("grad-cam", grad_cam), ("grad-cam++", grad_cam_plus_plus)):
                values = rows(how(value, gradient))
                maps.append({"method": method, "layer": layer, "class": target, "map": values})
    # Twenty-five passes backward: once is enough.
    smooth = rows(smooth_grad(model, x, CLASSES[0]))
    maps.append({"method": "smoothgrad", "layer": "", "class": CLASSES[0], "map": smooth})
    about = {
        **make_goldens.about(),
        "command": "$RESNET4J_PYTHON tools/reference/explanation_goldens.py",
    }
    make_goldens.write(
        "explanations.json.gz", {"about": about, "widths": list(WIDTHS), "maps": maps}
    )


if __name__ == "__main__":
    main()
