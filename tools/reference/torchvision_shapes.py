"""Names and shapes of torchvision's ResNets, in state_dict order.

Writes resnet4j-core/src/test/resources/golden/torchvision-<network>.json. Run from the repository's
root with a Python that has torch and torchvision (made with torch 1.13, torchvision 0.14):

    python3 tools/reference/torchvision_shapes.py
"""

import json
import pathlib

import torch
import torchvision

OUT = pathlib.Path("resnet4j-core/src/test/resources/golden")


def main():
    for name in ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]:
        model = getattr(torchvision.models, name)(weights=None)
        golden = {
            "made_by": "tools/reference/torchvision_shapes.py",
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "network": name,
            "parameters": sum(p.numel() for p in model.parameters()),
            "state": {
                key: list(value.shape)
                for key, value in model.state_dict().items()
                if not key.endswith("num_batches_tracked")
            },
        }
        lines = ",\n".join(
            f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()
        )
        (OUT / f"torchvision-{name}.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
