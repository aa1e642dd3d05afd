#!/usr/bin/env python3
"""Makes resnet4j-core/src/test/resources/golden/pth: small files as torch.save writes them.

    $RESNET4J_PYTHON tools/reference/make_pth_goldens.py

Needs torch and numpy (2.13 made the committed files). `expected.json` holds what is in them:
    {"about", "files": {file: {"nesting", "prefix", "tensors": {name: {"shape", "values"}}}},
     "network": {"input": [C, H, W], "images", "logits"}}
network.pth and checkpoint.pth hold a CifarResNet of depth 8, option B, widths 2, 3, 4 and 3 classes,
whose weights and pictures are those of fills.py; its logits are float64's.
"""

import collections
import io
import json
import pathlib
import zipfile

import numpy as np
import torch

import fills
from cifar_resnet import CifarResNet

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "resnet4j-core/src/test/resources/golden/pth"
SEED = 1512
INPUT = (3, 12, 13)
DTYPES = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()


def network():
    """(model, pictures, logits in float64)"""
    model = CifarResNet(8, "B", 3, widths=(2, 3, 4)).double().eval()
    shapes = {k: tuple(v.shape) for k, v in model.state_dict().items() if v.dim()}
    model.load_state_dict(
        {k: torch.from_numpy(v) for k, v in fills.state(SEED, shapes).items()}, strict=False
    )
    images = torch.from_numpy(fills.tensor(SEED, "input", (2,) + INPUT)).float()
    with torch.no_grad():
        logits = model.float().double()(images.double())
    return model.float(), images, logits


def types():
    values = torch.tensor([[-1.75, 0.0, 3.1], [0.5, 100.0, -7.0]], dtype=torch.float64)
    state = {name: values.abs().to(getattr(torch, name)) for name in ["uint8", "bool"]}
    state.update({name: values.to(getattr(torch, name)) for name in DTYPES if name not in state})
    state["counter"] = torch.tensor(2**40 + 1)
    state["scalar"] = torch.tensor(0.25)
    state["parameter"] = torch.nn.Parameter(torch.arange(3.0))
    return state


def strided():
    whole = torch.arange(24.0).reshape(2, 3, 4)
    return collections.OrderedDict(
        whole=whole,
        transposed=whole.permute(2, 0, 1),
        channels_last=torch.arange(36.0).reshape(1, 3, 3, 4).to(memory_format=torch.channels_last),
        slice=whole[1, 1:, ::2],
        row=whole[1, 2],
        element=whole[0, 1, 3],
        expanded=torch.tensor([5.0]).expand(3, 2),
        halves=whole.bfloat16()[:, 1],
        late=torch.arange(6)[3:],
    )


def checkpoint(model):
    wrapped = torch.nn.DataParallel(model).state_dict()
    weights = {name: value.clone() for name, value in wrapped.items()}  # training goes on
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.train()(torch.ones((2,) + INPUT)).sum().backward()
    optimiser.step()
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [2, 4])
    return {
        "epoch": 3,
        "best": 0.5,
        "arch": "resnet8",
        "state_dict": weights,
        "optimizer": optimiser.state_dict(),
        "scheduler": schedule.state_dict(),
    }


def rewritten(archive, compression, swap):
    """The archive with another compression or, with `swap`, the other byte order."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w", compression) as to:
        for entry in source.infolist():
            data = source.read(entry)
            if swap and "/data/" in entry.filename:
                width = swap[int(entry.filename.rsplit("/", 1)[1])]
                data = np.frombuffer(data, f"u{width}").byteswap().tobytes()
            elif swap and entry.filename.endswith("/byteorder"):
                data = b"big"
            info = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            to.writestr(info, data, compression)
    return out.getvalue()


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def legacy(value):
    return saved(value, _use_new_zipfile_serialization=False)


def told(state, nesting="", prefix=""):
    tensors = {}
    for name, tensor in state.items():
        values = tensor.detach().double().contiguous().flatten().tolist()
        tensors[name] = {"shape": list(tensor.shape), "values": values}
    return {"nesting": nesting, "prefix": prefix, "tensors": tensors}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    model, images, logits = network()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    plain = saved(types())
    # Storages are numbered in the order of the tensors.
    widths = [value.element_size() for value in types().values()]
    files = {
        "network.pth": (saved(weights), told(weights)),
        "types.pth": (plain, told(types())),
        "types-4.pth": (saved(types(), pickle_protocol=4), told(types())),
        "types-5.pth": (saved({"net": types()}, pickle_protocol=5), told(types(), "net")),
        "types-big.pth": (rewritten(plain, zipfile.ZIP_STORED, widths), told(types())),
        "types-deflated.pth": (rewritten(plain, zipfile.ZIP_DEFLATED, None), told(types())),
        "strided.pth": (saved({"model": {"ema": strided()}}), told(strided(), "model.ema")),
        "checkpoint.pth": (saved(checkpoint(model)), told(weights, "state_dict", "module.")),
        "legacy.pth": (legacy(weights), told(weights)),
        "legacy-types.pth": (legacy({"net": types()}), told(types(), "net")),
        "legacy-strided.pth": (legacy({"model": {"ema": strided()}}), told(strided(), "model.ema")),
        "module.pth": (saved(torch.nn.Linear(2, 1)), None),
    }
    for name, (content, _) in files.items():
        (OUT / name).write_bytes(content)
    expected = {
        "about": {
            "command": "tools/reference/make_pth_goldens.py",
            "seed": SEED,
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "files": {name: what for name, (_, what) in files.items() if what},
        "network": {
            "input": INPUT,
            "images": images.flatten().tolist(),
            "logits": logits.flatten().tolist(),
        },
    }
    (OUT / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
