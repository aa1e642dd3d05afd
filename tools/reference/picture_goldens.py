#!/usr/bin/env python3
"""Makes resnet4j-core/src/test/resources/golden/data: what Pillow makes of small pictures.

    python3 tools/reference/picture_goldens.py

Needs Pillow (9.4 made the committed files). `resize.json` holds resized pictures; `decode.json`
holds what the picture files beside it decode to. All of it is drawn by the formulas below.
"""

import base64
import io
import json
import pathlib

import PIL
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "resnet4j-core/src/test/resources/golden/data"
HOW = f"python3 tools/reference/picture_goldens.py, Pillow {PIL.__version__}"


def level(c, y, x):
    return (x * 7 + y * 13 + x * y * (c + 1) + c * 50 + (x * x * y) // 5) % 256


def drawn(height, width):
    image = Image.new("RGB", (width, height))
    image.putdata([tuple(level(c, y, x) for c in range(3)) for y in range(height) for x in range(width)])
    return image


def planes(image):
    return b"".join(band.tobytes() for band in image.convert("RGB").split())


def text(raw):
    return base64.b64encode(raw).decode("ascii")


def resized():
    cases = []
    for fh, fw, th, tw in [
        (13, 17, 7, 5),
        (17, 13, 24, 24),
        (40, 31, 32, 32),
        (64, 48, 16, 12),
        (5, 9, 5, 4),
        (9, 5, 4, 5),
        (1, 1, 3, 2),
        (100, 3, 2, 3),
        (33, 32, 32, 31),
    ]:
        image = drawn(fh, fw).resize((tw, th), Image.BILINEAR)
        cases.append({"from": [fh, fw], "to": [th, tw], "planes": text(planes(image))})
    grey = drawn(6, 7).convert("L")
    return {"how": HOW, "cases": cases, "grey_6x7": text(grey.tobytes())}


def smooth(height, width):
    """Few frequencies, so that decoders may differ by rounding only."""
    image = Image.new("RGB", (width, height))
    image.putdata(
        [(20 + 12 * x, 220 - 10 * y, 60 + 5 * x + 4 * y) for y in range(height) for x in range(width)]
    )
    return image


def with_alpha():
    image = drawn(4, 5).convert("RGBA")
    image.putalpha(Image.frombytes("L", (5, 4), bytes(range(0, 200, 10))))
    return image


def files():
    rgb = smooth(12, 16)
    exif = Image.Exif()
    exif[0x0112] = 6
    grey16 = Image.new("I;16", (5, 4))
    grey16.putdata([(x * 11003 + y * 7001) % 65536 for y in range(4) for x in range(5)])
    rgba = with_alpha()
    la = drawn(4, 5).convert("LA")
    palette = drawn(4, 5).convert("P", palette=Image.ADAPTIVE, colors=7)
    # name, picture, options of save, largest difference allowed, what is expected or None: as read
    yield "rgb.jpg", rgb, {"quality": 95}, 4, None
    yield "progressive.jpg", rgb, {"quality": 95, "progressive": True}, 4, None
    yield "grey.jpg", rgb.convert("L"), {"quality": 95}, 4, None
    yield "cmyk.jpg", rgb.convert("CMYK"), {"quality": 95}, 6, None
    yield "turned.jpg", rgb, {"quality": 95, "exif": exif.tobytes()}, 4, "turned"
    yield "rgb.png", drawn(4, 5), {}, 0, None
    yield "grey.png", drawn(4, 5).convert("L"), {}, 0, None
    yield "rgba.png", rgba, {}, 0, None
    yield "la.png", la, {}, 0, None
    yield "palette.png", palette, {}, 0, None
    yield "bits1.png", drawn(4, 5).convert("1"), {}, 0, None
    yield "grey16.png", grey16, {}, 0, "high"
    yield "rgb.bmp", drawn(4, 5), {}, 0, None
    yield "lossless.webp", drawn(12, 16), {"lossless": True}, 0, None
    yield "alpha.webp", with_alpha(), {"lossless": True, "exact": True}, 0, None
    yield "lossy.webp", rgb, {"quality": 90}, 10, None  # chroma is spread otherwise


def decoded():
    cases = []
    for name, image, options, tolerance, special in files():
        buffer = io.BytesIO()
        image.save(buffer, name.rsplit(".", 1)[1].replace("jpg", "jpeg"), **options)
        (OUT / name).write_bytes(buffer.getvalue())
        read = Image.open(io.BytesIO(buffer.getvalue()))
        if special == "turned":
            read = read.transpose(Image.ROTATE_270)
        if special == "high":
            high = bytes(v >> 8 for v in read.convert("I").getdata())
            read = Image.frombytes("L", read.size, high)
        read = read.convert("RGB")
        cases.append(
            {
                "file": name,
                "size": [read.height, read.width],
                "tolerance": tolerance,
                "planes": text(planes(read)),
            }
        )
    return {"how": HOW, "cases": cases}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "resize.json").write_text(json.dumps(resized(), indent=1) + "\n")
    (OUT / "decode.json").write_text(json.dumps(decoded(), indent=1) + "\n")


main()
