"""Golden of what the probes read: ResNet-20 in float64, its gradients parted at every block.

Content of lab.json: {"about", "network", "batch", "loss", "blocks": {path: {...}}, "layers": {path:
{...}}}. A block's "gradient" is the norm of dL/dx at its input in the network as it is, "shortcut"
and "branch" the norms of what autograd leaves at two copies of the input, one read by the shortcut
and one by the branch; "ratio" is |F(x)| / |x|. A layer's "gradient" is the norm by its weight,
"response" the standard deviation behind its batch norm.
"""

import torch

import runs

NETWORK = "resnet20"
BATCH = 4


def golden():
    whole = _run(parted=False)
    parted = _run(parted=True)
    blocks = {}
    for path, part in parted["blocks"].items():
        g = whole["blocks"][path]["x"]
        s, b = part["shortcut"], part["branch"]
        blocks[path] = {
            "gradient": _norm(g),
            "shortcut": _norm(s),
            "branch": _norm(b),
            "shortcut_share": float((s * g).sum() / (g * g).sum()),
            "branch_share": float((b * g).sum() / (g * g).sum()),
            "cosine": float((s * b).sum()) / (_norm(s) * _norm(b)),
            "ratio": part["ratio"],
        }
    return {
        "network": NETWORK,
        "batch": BATCH,
        "loss": whole["loss"],
        "blocks": blocks,
        "layers": whole["layers"],
    }


def _norm(tensor):
    return float(torch.linalg.vector_norm(tensor))


def _run(parted):
    model, _ = runs.filled(NETWORK)
    model.train()
    kept, responses, layers = {}, {}, {}
    for stage in ("layer1", "layer2", "layer3"):
        for i, block in enumerate(getattr(model, stage)):
            _watch(block, f"{stage}.{i}", kept, parted)
    for path, module in model.named_modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.register_forward_hook(
                lambda _, __, y, path=path: responses.update({path: float(y.std(correction=0))})
            )
    x, y = runs.batch(NETWORK, size=BATCH)
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    for path, module in model.named_modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            layers[path] = {"gradient": _norm(module.weight.grad)}
            if "conv" in path:
                layers[path]["response"] = responses[path.replace("conv", "bn")]
    blocks = {
        path: {k: v.grad if torch.is_tensor(v) else v for k, v in values.items()}
        for path, values in kept.items()
    }
    return {"loss": float(loss), "blocks": blocks, "layers": layers}


def _watch(block, path, kept, parted):
    def forward(x):
        shortcut = branch = x
        if parted:
            shortcut, branch = x.clone(), x.clone()
            shortcut.retain_grad()
            branch.retain_grad()
            kept[path] = {"shortcut": shortcut, "branch": branch}
        else:
            x.retain_grad()
            kept[path] = {"x": x}
        y = block.activation(block.bn1(block.conv1(branch)))
        y = block.bn2(block.conv2(y))
        kept[path]["ratio"] = _norm(y) / _norm(x)
        side = shortcut if block.downsample is None else block.downsample(shortcut)
        return block.activation(y + side)

    block.forward = forward
