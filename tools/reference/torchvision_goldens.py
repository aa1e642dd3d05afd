"""Torchvision's networks: names and shapes of their state, and logits for keyed weights.

Writes to resnet4j-core/src/test/resources/golden/: torchvision.json.gz, parameter counts and the
state's shapes in state_dict order by network, and <network>-logits.json.gz in the format of
make_goldens.py with "eval.logits" alone: evaluation mode, odd input sizes, keyed running statistics.
Run from the repository's root with a Python that has torch and torchvision (made with torch 1.13,
torchvision 0.14), about a minute:

    python3 tools/reference/torchvision_goldens.py
"""

import torch
import torchvision

import digest
import fills
import make_goldens
import runs

NETWORKS = (
    ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    + ["resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"]
    + ["wide_resnet50_2", "wide_resnet101_2"]
    + ["vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"]
    + ["densenet121", "densenet161", "densenet169", "densenet201"]
)
# Every kind of layer; the largest are compared by torchvision_parity.
LOGITS = ("resnet18", "resnext50_32x4d", "densenet121")
SIZE = (3, 75, 53)


def about():
    return {
        **make_goldens.about(),
        "torchvision": torchvision.__version__,
        "command": "python3 tools/reference/torchvision_goldens.py",
    }


def shapes(model):
    return {
        key: list(value.shape)
        for key, value in model.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }


def main():
    networks = {}
    for name in NETWORKS:
        model = getattr(torchvision.models, name)(weights=None)
        networks[name] = {
            "parameters": sum(p.numel() for p in model.parameters()),
            "state": shapes(model),
        }
        if name in LOGITS:
            make_goldens.write(f"{name}-logits.json.gz", logits(name, model.double().eval()))
    make_goldens.write("torchvision.json.gz", {"about": about(), "networks": networks})


def logits(name, model):
    state = fills.state(runs.SEED, {k: tuple(s) for k, s in shapes(model).items()})
    model.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()}, strict=False)
    x = torch.from_numpy(fills.tensor(runs.SEED, "input", (2,) + SIZE))
    with torch.no_grad():
        y = model(x).numpy()
    return {
        "about": about(),
        "network": name,
        "activation": "relu",
        "batch": 2,
        "input": list(SIZE),
        "classes": 1000,
        "tensors": {"eval.logits": digest.digest(runs.SEED, "eval.logits", y, whole=True)},
    }


if __name__ == "__main__":
    main()
