#!/usr/bin/env python3
"""Makes golden/data/augment.json: what Pillow and torchvision make of small pictures.

    python3 tools/reference/augmentation_goldens.py

Needs torchvision (0.14) and Pillow (9.4 made the committed file). Pictures are drawn by formulas,
the same in the test; `magnitudes` are the policies' tables, `policies` AutoAugment's pairs.
"""

import base64
import json
import pathlib

import PIL
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode, autoaugment
from torchvision.transforms import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "resnet4j-core/src/test/resources/golden/data/augment.json"
HEIGHT, WIDTH = 13, 17

OPERATIONS = {
    "Identity": [0],
    "ShearX": [0.3, -0.17, 0.99],
    "ShearY": [0.3, -0.17, -0.99],
    "TranslateX": [3.7, -5.0],
    "TranslateY": [4.2, -2.9],
    "Rotate": [30.0, -13.0, 90.0, 135.0, -0.5, 180.0],
    "Brightness": [0.9, -0.9, 0.37, -1.0],
    "Color": [0.9, -0.9, 0.37, -1.0],
    "Contrast": [0.9, -0.9, 0.37, -1.0],
    "Sharpness": [0.9, -0.9, 0.37, -1.0],
    "Posterize": [8, 4, 2, 1],
    "Solarize": [255.0, 128.0, 85.5, 0.0],
    "AutoContrast": [0],
    "Equalize": [0],
    "Invert": [0],
}


def noisy(c, y, x):
    return (x * 7 + y * 13 + x * y * (c + 1) + c * 50 + (x * x * y) // 5) % 256


def smooth(c, y, x):
    return (40 + 3 * x + 2 * y, 60 + 5 * x, 190 - 4 * x - 6 * y)[c]


def flat(c, y, x):
    return (90, 90, 200 if x == 3 and y == 4 else 90)[c]


def drawn(level):
    image = Image.new("RGB", (WIDTH, HEIGHT))
    image.putdata(
        [tuple(level(c, y, x) for c in range(3)) for y in range(HEIGHT) for x in range(WIDTH)]
    )
    return image


def planes(image):
    return base64.b64encode(b"".join(band.tobytes() for band in image.split())).decode("ascii")


def large():
    """Enough pixels for equalisation to have steps."""
    image = Image.new("L", (80, 60))
    image.putdata([(x * x + 3 * y * y) // 70 % 200 for y in range(60) for x in range(80)])
    return image


def main():
    pictures = {"noisy": drawn(noisy), "smooth": drawn(smooth), "flat": drawn(flat)}
    pictures["grey"] = pictures["noisy"].convert("L")
    pictures["large"] = large()
    cases = []

    def case(picture, operation, magnitude, image):
        cases.append(
            {"picture": picture, "op": operation, "magnitude": magnitude, "planes": planes(image)}
        )

    for name, picture in pictures.items():
        for operation, magnitudes in OPERATIONS.items():
            if name == "large" and operation != "Equalize":
                continue
            for magnitude in magnitudes if name == "noisy" else magnitudes[:1]:
                image = autoaugment._apply_op(
                    picture, operation, magnitude, InterpolationMode.NEAREST, None
                )
                case(name, operation, magnitude, image)
    for name in ("noisy", "smooth", "flat"):
        for turn in (0.1, -0.1, 0.5, -0.5, 0.0, 0.31):
            case(name, "hue", turn, F.adjust_hue(pictures[name], turn))
        for angle in (15.0, -33.3, 90.0, 120.0):
            image = pictures[name].rotate(angle, Image.BILINEAR, fillcolor=(10, 20, 30))
            case(name, "rotation", angle, image)

    size = (HEIGHT, WIDTH)
    spaces = {
        "USUAL": autoaugment.RandAugment()._augmentation_space(31, size),
        "WIDE": autoaugment.TrivialAugmentWide()._augmentation_space(31),
    }
    magnitudes = {
        name: {op: [values.tolist(), signed] for op, (values, signed) in space.items()}
        for name, space in spaces.items()
    }
    ten = autoaugment.AutoAugment()._augmentation_space(10, size)
    magnitudes["TEN"] = {op: [values.tolist(), signed] for op, (values, signed) in ten.items()}
    policies = {
        policy.name: autoaugment.AutoAugment(policy).policies
        for policy in (autoaugment.AutoAugmentPolicy.CIFAR10, autoaugment.AutoAugmentPolicy.IMAGENET)
    }
    golden = {
        "how": "python3 tools/reference/augmentation_goldens.py, "
        f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}",
        "pictures": {
            name: {"size": [len(p.getbands()), p.height, p.width], "planes": planes(p)}
            for name, p in pictures.items()
        },
        "cases": cases,
        "magnitudes": magnitudes,
        "policies": policies,
    }
    text = json.dumps(golden, separators=(",", ":")).replace('{"picture"', '\n{"picture"')
    OUT.write_text(text + "\n")


main()
