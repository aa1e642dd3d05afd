"""Writes a torchvision network with random weights and running statistics, an input and the logits.

    python3 tools/reference/torchvision_random.py NETWORK FILE.safetensors
"""

import sys

import torch
import torchvision

import safetensors_file


def main():
    name, file = sys.argv[1:]
    torch.manual_seed(1512)
    model = getattr(torchvision.models, name)(weights=None).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.8, 1.2)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    side = (224, 224) if name.startswith("vgg") else (197, 235)
    x = torch.randn(2, 3, *side)
    tensors = {
        k: v.numpy() for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")
    }
    tensors["input"] = x.numpy()
    with torch.no_grad():
        tensors["logits"] = model.double()(x.double()).numpy()
    metadata = {"torch": torch.__version__, "torchvision": torchvision.__version__}
    safetensors_file.write(file, tensors, metadata)


if __name__ == "__main__":
    main()
