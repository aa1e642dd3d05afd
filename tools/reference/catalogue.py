"""Writes the catalogue of what `download` knows: data sets, torchvision's and timm's weights.

Needs torchvision (0.14.1 wrote the committed file) and timm (1.0.29); nothing is downloaded, both
packages carry the addresses. File names of weights end in the first eight hex digits of the file's
SHA-256 (torch.hub's check_hash; timm's clean_checkpoint.py names its files likewise); no other
checksum of them is published. Those of the data sets are tensorflow_datasets' url_checksums, of the
same files; CIFAR's page gives MD5s of c32a1d4ab5d03f1284b67883e8d87530 and
03b5dce01913d631647c71ecec9e9cb8 for the same archives.

    python3 tools/reference/catalogue.py
"""
import json
import math
import pathlib
import re

import timm
import torchvision
from timm.models import get_pretrained_cfg, list_pretrained
from torchvision import models

OUT = pathlib.Path(__file__).parents[2] / "resnet4j-core/src/main/resources/io/resnet4j/fetch/catalogue.json"
TORCHVISION = re.compile(r"(ResNet|ResNeXt|Wide_ResNet|VGG\d+_BN|DenseNet)")
TIMM = re.compile(r"(resnet(18|34|50|101|152)|resnext\d+_\d+x\d+d|wide_resnet\d+_2|seresnet50)\.")
HASH = re.compile(r"-([0-9a-f]{8})\.pth$")
FREE = {"apache-2.0", "bsd-3-clause", "mit"}
CIFAR = "https://www.cs.toronto.edu/~kriz/"
MNIST = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"]


def file(name, addresses, size=None, checksum=None):
    return {"name": name, "addresses": addresses, "size": size, "checksum": checksum}


def cifar(classes, sha256, size, unpacked):
    name = f"cifar-{classes}-binary.tar.gz"
    return {
        "name": f"cifar{classes}",
        "title": f"CIFAR-{classes}, binary version (Krizhevsky 2009)",
        "page": CIFAR + "cifar.html",
        "licence": "none stated; the page asks to cite the technical report",
        "files": [file(name, [CIFAR + name], size, "sha256:" + sha256)],
        "unpacked": unpacked,
    }


def data():
    batches = [f"cifar-10-batches-bin/{n}.bin" for n in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]]
    yield cifar(10, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", 170052171,
                {name: 10000 * 3073 for name in batches})
    yield cifar(100, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec", 168513733,
                {"cifar-100-binary/train.bin": 50000 * 3074, "cifar-100-binary/test.bin": 10000 * 3074})
    files = [
        ("train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        ("train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        ("t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        ("t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ]
    yield {
        "name": "mnist",
        "title": "MNIST (LeCun, Cortes and Burges), from the mirrors of PyTorch and TensorFlow",
        "page": "http://yann.lecun.com/exdb/mnist/",
        "licence": "CC BY-SA 3.0, as commonly stated; the page itself states none",
        "files": [file(n, [m + n for m in MNIST], size, "sha256:" + sha) for n, size, sha in files],
        "unpacked": {},
    }


def preprocessing(height, width, resize, mean, std):
    return {"channels": 3, "height": height, "width": width, "resize": resize, "meaning": "rgb",
            "normalisation": {"mean": list(mean), "std": list(std)}}


def of_torchvision():
    for enum in sorted(n for n in dir(models) if n.endswith("_Weights") and TORCHVISION.match(n)):
        for weights in getattr(models, enum):
            model = weights.meta.get("architecture") or enum[: -len("_Weights")].lower()
            how = weights.transforms()
            if len(weights.meta["categories"] or []) != 1000 or how.interpolation.value != "bilinear":
                continue
            scores = weights.meta["_metrics"]["ImageNet-1K"]
            name = weights.url.rsplit("/", 1)[1]
            yield {
                "name": f"{model}.{weights.name.rsplit('_', 1)[1].lower()}",
                "standard": weights == getattr(models, enum).DEFAULT,
                "model": model,
                "file": file(name, [weights.url], None, "sha256:" + HASH.search(name)[1]),
                "classes": "imagenet-1k",
                "preprocessing": preprocessing(how.crop_size[0], how.crop_size[0], how.resize_size[0], how.mean, how.std),
                "interpolation": "bilinear",
                "parameters": weights.meta["num_params"],
                "top1": scores["acc@1"],
                "top5": scores["acc@5"],
                "source": f"torchvision {torchvision.__version__.split('a')[0]}, {enum}.{weights.name}",
                "page": weights.meta["recipe"],
                "licence": "BSD-3-Clause (torchvision); trained on ImageNet, whose terms are for research",
            }


def of_timm():
    for full in sorted(n for n in list_pretrained() if TIMM.match(n)):
        cfg = get_pretrained_cfg(full)
        if cfg.license not in FREE or cfg.num_classes != 1000 or cfg.crop_mode != "center":
            continue
        digits = HASH.search(cfg.url or "")
        if digits and "download.pytorch.org" in cfg.url:
            continue  # torchvision's own
        if digits:
            name = cfg.url.rsplit("/", 1)[1]
            source = file(name, [cfg.url], None, "sha256:" + digits[1])
        else:
            source = file(full + ".timm.safetensors", [f"https://huggingface.co/timm/{full}/resolve/main/model.safetensors"])
        _, height, width = cfg.test_input_size or cfg.input_size
        crop = (cfg.test_crop_pct if cfg.test_input_size else None) or cfg.crop_pct
        yield {
            "name": "timm/" + full,
            "standard": False,
            "model": cfg.architecture,
            "file": source,
            "classes": "imagenet-1k",
            "preprocessing": preprocessing(height, width, math.floor(height / crop), cfg.mean, cfg.std),
            "interpolation": cfg.interpolation,
            "parameters": None,
            "top1": None,
            "top5": None,
            "source": f"timm {timm.__version__}, {full}",
            "page": f"https://huggingface.co/timm/{full}",
            "licence": cfg.license + " (timm); trained on ImageNet, whose terms are for research",
        }


def main():
    catalogue = {
        "made": f"tools/reference/catalogue.py, torchvision {torchvision.__version__.split('a')[0]}, timm {timm.__version__}",
        "data": list(data()),
        "weights": list(of_torchvision()) + list(of_timm()),
        "classes": {"imagenet-1k": models.ResNet50_Weights.DEFAULT.meta["categories"]},
    }
    OUT.write_text(json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(OUT, len(catalogue["weights"]), "weights")


if __name__ == "__main__":
    main()
