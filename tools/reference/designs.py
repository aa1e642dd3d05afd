"""Small networks of every block design, written from the papers' definitions.

DESIGNS maps a name to (specification, module): the specification is resnet4j's JSON of the same
network, the module is PyTorch code with the same names of parameters. Random zeros are drawn as
resnet4j draws them, of seed 0, step 0 and the path of the operation.
"""

import torch
from torch import nn
from torch.nn import functional as F

from keyed_random import KeyedRandom

WIDTHS = (4, 8)
BLOCKS = (2, 2)
CLASSES = 5
INPUT = (3, 8, 12)


def conv(inputs, outputs, kernel, stride=1, groups=1, dilation=1, bias=False):
    pad = kernel // 2 * dilation
    return nn.Conv2d(inputs, outputs, kernel, stride, pad, dilation, groups, bias)


class Drop(nn.Module):
    """Inverted dropout of elements, or of the whole batch at once."""

    def __init__(self, path, probability, whole=False):
        super().__init__()
        self.path, self.p, self.whole = path, probability, whole

    def forward(self, x):
        if not self.training:
            return x
        random = KeyedRandom.of(0, self.path).child(0)
        shape = (1,) if self.whole else tuple(x.shape)
        u = torch.from_numpy(random.uniforms(int(torch.Size(shape).numel()))).reshape(shape)
        return x * (u >= self.p).to(x.dtype) / (1 - self.p)


class ZeroPad(nn.Module):
    """Option A of He et al. 2015: every stride-th pixel, zeros in front and behind."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        before = (outputs - inputs) // 2
        self.stride, self.added = stride, (before, outputs - inputs - before)

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0) + self.added)


class Blur(nn.Module):
    """Zhang 2019: reflect, smooth by 1 2 1, subsample."""

    def __init__(self, channels, stride):
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64) / 4
        self.register_buffer("filt", torch.outer(row, row).expand(channels, 1, 3, 3).clone())
        self.stride = stride

    def forward(self, x):
        x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(x, self.filt.to(x), stride=self.stride, groups=x.shape[1])


class SqueezeExcite(nn.Module):
    """Hu et al. 2018."""

    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        s = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(s))))


def branch_shapes(kind, inputs, width, stride, widen=1, groups=1, early=False, dilation=1):
    """(kernel, channels in, channels out, stride, groups, dilation) of each convolution."""
    if kind == "single":
        return [(3, inputs, width, stride, 1, dilation)]
    if kind == "basic":
        return [(3, inputs, width, stride, 1, dilation), (3, width, width, 1, 1, dilation)]
    inner = width * widen
    one, three = (stride, 1) if early else (1, stride)
    return [
        (1, inputs, inner, one, 1, 1),
        (3, inner, inner, three, groups, dilation),
        (1, inner, 4 * width, 1, 1, 1),
    ]


class Unit(nn.Module):
    """A block whose activation follows its convolutions, in the orders of He et al. 2016 (a to c)."""

    def __init__(
        self,
        path,
        inputs,
        width,
        stride,
        first,
        kind="basic",
        shortcut="B",
        order="original",
        join="sum",
        act=F.relu,
        norm=nn.BatchNorm2d,
        widen=1,
        groups=1,
        early=False,
        dilation=1,
        squeeze=0,
        rezero=False,
        blur=False,
        survival=1.0,
    ):
        super().__init__()
        rows = branch_shapes(kind, inputs, width, stride, widen, groups, early, dilation)
        self.n, self.order, self.act, self.join = len(rows), order, act, join
        self.outputs = outputs = rows[-1][2]
        before = 1
        for i, (kernel, c_in, c_out, step, group, hole) in enumerate(rows, 1):
            layer = conv(c_in, c_out, kernel, 1 if blur else step, group, hole)
            if before > 1:
                layer = nn.Sequential(Blur(c_in, before), layer)
            before = step if blur else 1
            setattr(self, f"conv{i}", layer)
            setattr(self, f"bn{i}", norm(c_out))
        changes = stride != 1 or inputs != outputs
        self.downsample = None
        if shortcut == "A" and changes:
            self.downsample = ZeroPad(inputs, outputs, stride)
        elif shortcut == "C" or shortcut in "BD" and changes:
            front = []
            if shortcut == "D":
                front = [nn.AvgPool2d(2, 2) if stride > 1 else nn.Identity()]
            elif blur and stride > 1:
                front = [Blur(inputs, stride)]
            point = conv(inputs, outputs, 1, 1 if front else stride)
            self.downsample = nn.Sequential(*front, point, norm(outputs))
        if squeeze:
            self.se = SqueezeExcite(outputs, max(1, int(outputs * squeeze)))
        if "gate" in join:
            self.gate = nn.Conv2d(outputs, outputs, 1)
        if rezero:
            self.scale = nn.Parameter(torch.zeros(1))
        self.survival = survival
        self.drop = Drop(f"{path}.drop", 1 - survival, whole=True)
        self.lose = Drop(f"{path}.shortcut.dropped", 0.5)

    def forward(self, x):
        y = x
        for i in range(1, self.n + 1):
            last = i == self.n
            y = getattr(self, f"conv{i}")(y)
            if not (last and self.order == "norm after add"):
                y = getattr(self, f"bn{i}")(y)
            if not last or self.order == "act before add":
                y = self.act(y)
        if hasattr(self, "se"):
            y = self.se(y)
        if self.survival < 1:
            y = self.drop(y) * self.survival
        if hasattr(self, "scale"):
            y = y * self.scale
        side = x if self.downsample is None else self.downsample(x)
        y = self.joined(side, y)
        if self.order == "norm after add":
            y = getattr(self, f"bn{self.n}")(y)
        return y if self.order == "act before add" else self.act(y)

    def joined(self, x, y):
        if self.join == "exclusive gate":
            g = torch.sigmoid(self.gate(x))
            return (1 - g) * x + g * y
        if self.join == "shortcut gate":
            return (1 - torch.sigmoid(self.gate(x))) * x + y
        if self.join == "half":
            return 0.5 * x + 0.5 * y
        if self.join == "no shortcut":
            return y
        return (self.lose(x) if self.join == "dropout" else x) + y


class PreUnit(nn.Module):
    """A block whose activation precedes its convolutions (He et al. 2016, d and e).

    entry: "own"; "shared", where the shortcut starts behind the first activation too; "bare".
    norm None: biases instead and a learned scalar at the end (SkipInit)."""

    def __init__(
        self,
        path,
        inputs,
        width,
        stride,
        first,
        kind="basic",
        shortcut="A",
        act_only=False,
        norm=nn.BatchNorm2d,
        bare_first=False,
        dropout=0.0,
    ):
        super().__init__()
        rows = branch_shapes(kind, inputs, width, stride)
        self.n, self.act_only, self.dropout = len(rows), act_only, dropout
        self.outputs = outputs = rows[-1][2]
        for i, (kernel, c_in, c_out, step, _, _) in enumerate(rows, 1):
            bare = bare_first and first and i == 1
            if norm and not bare:
                setattr(self, f"bn{i}", norm(c_out if act_only else c_in))
            setattr(self, f"conv{i}", conv(c_in, c_out, kernel, step, bias=norm is None))
        changes = stride != 1 or inputs != outputs
        self.entry = "bare" if bare_first and first else "shared" if first or changes else "own"
        self.downsample = None
        if changes and shortcut == "A":
            self.downsample = ZeroPad(inputs, outputs, stride)
        elif changes:
            point = conv(inputs, outputs, 1, stride, bias=norm is None)
            after = [norm(outputs)] if act_only else []
            self.downsample = nn.Sequential(point, *after)
        if norm is None:
            self.scale = nn.Parameter(torch.zeros(1))
        self.drop = Drop(f"{path}.dropout", dropout)

    def activated(self, i, x):
        norm = getattr(self, f"bn{i}", None)
        return F.relu(x if self.act_only or norm is None else norm(x))

    def forward(self, x):
        y = x if self.entry == "bare" else self.activated(1, x)
        side = y if self.entry == "shared" else x
        for i in range(1, self.n + 1):
            y = y if i == 1 else self.activated(i, y)
            if self.dropout and i == self.n:
                y = self.drop(y)
            y = getattr(self, f"conv{i}")(y)
            y = getattr(self, f"bn{i}")(y) if self.act_only else y
        if hasattr(self, "scale"):
            y = y * self.scale
        return y + (side if self.downsample is None else self.downsample(side))


class FixupUnit(nn.Module):
    """Zhang, Dauphin and Ma 2019, figure 1, right."""

    def __init__(self, path, inputs, width, stride, first):
        super().__init__()
        self.outputs = width
        for name in ("bias1a", "bias1b", "bias2a", "scale", "bias2b"):
            setattr(self, name, nn.Parameter(torch.zeros(1)))
        self.conv1 = conv(inputs, width, 3, stride)
        self.conv2 = conv(width, width, 3)
        changes = stride != 1 or inputs != width
        self.pad = ZeroPad(inputs, width, stride) if changes else None

    def forward(self, x):
        biased = x + self.bias1a
        y = F.relu(self.conv1(biased) + self.bias1b)
        y = self.conv2(y + self.bias2a) * self.scale + self.bias2b
        return F.relu(y + (x if self.pad is None else self.pad(biased)))


class StandardisedConv(nn.Module):
    """Brock, De and Smith 2021: weights of mean 0 and variance 1 / fan-in per output channel."""

    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, kernel, kernel))
        self.gain = nn.Parameter(torch.ones(outputs, 1, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.stride, self.pad = stride, kernel // 2

    def forward(self, x):
        w = self.weight
        var, mean = torch.var_mean(w, (1, 2, 3), unbiased=False, keepdim=True)
        fan_in = w[0].numel()
        w = (w - mean) / torch.sqrt(var + 1e-5) * self.gain * (1.7139588594436646 / fan_in**0.5)
        return F.conv2d(x, w, self.bias, self.stride, self.pad)


class NormFreeUnit(nn.Module):
    """x + alpha F(x / beta), alpha 0.2, beta the root of the variance expected at the entry."""

    def __init__(self, path, inputs, width, stride, first, variance):
        super().__init__()
        self.outputs, self.beta = width, variance**0.5
        changes = stride != 1 or inputs != width
        self.shared = first or changes
        self.conv1 = StandardisedConv(inputs, width, 3, stride)
        self.conv2 = StandardisedConv(width, width, 3)
        self.scale = nn.Parameter(torch.zeros(1))
        self.downsample = None
        if changes:
            pool = nn.AvgPool2d(2, 2) if stride > 1 else nn.Identity()
            self.downsample = nn.Sequential(pool, StandardisedConv(inputs, width, 1))

    def forward(self, x):
        y = F.relu(x) / self.beta
        side = y if self.shared else x
        side = side if self.downsample is None else self.downsample(side)
        y = self.conv2(F.relu(self.conv1(y))) * self.scale
        return side + 0.2 * y


class RevBranch(nn.Module):
    """F or G of Gomez et al. 2017: pre-activated, on half of the channels."""

    def __init__(self, inputs, width, stride, bare):
        super().__init__()
        if not bare:
            self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = conv(inputs, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3)

    def forward(self, x):
        y = F.relu(self.bn1(x)) if hasattr(self, "bn1") else x
        return self.conv2(F.relu(self.bn2(self.conv1(y))))


class RevUnit(nn.Module):
    def __init__(self, path, inputs, width, stride, first):
        super().__init__()
        self.outputs, half = width, width // 2
        self.f = RevBranch(inputs // 2, half, stride, first)
        self.g = RevBranch(half, half, 1, False)
        changes = stride != 1 or inputs != width
        self.pad = ZeroPad(inputs // 2, half, stride) if changes else nn.Identity()

    def forward(self, x):
        x1, x2 = x.chunk(2, 1)
        y1 = self.pad(x1) + self.f(x2)
        y2 = self.pad(x2) + self.g(y1)
        return torch.cat((y1, y2), 1)


class Net(nn.Module):
    """Stem, two stages of two units, head. ends: whether norm and activation follow the stem."""

    def __init__(
        self,
        unit,
        stem="cifar",
        stem_width=4,
        ends=True,
        norm=nn.BatchNorm2d,
        final=None,
        act=F.relu,
        make=conv,
        fixup=False,
        dilate=False,
        blur=False,
        survivals=None,
        variances=None,
        bias=False,
    ):
        super().__init__()
        self.act, self.ends, self.fixup, self.stem = act, ends, fixup, stem
        more = {"bias": True} if bias else {}
        if stem == "cifar":
            self.conv1 = make(3, stem_width, 3, **more)
        elif stem == "imagenet":
            self.conv1 = conv(3, stem_width, 7, 2)
        else:
            half = stem_width // 2
            self.conv1 = nn.Sequential(
                conv(3, half, 3, 2),
                nn.BatchNorm2d(half),
                nn.ReLU(),
                conv(half, half, 3),
                nn.BatchNorm2d(half),
                nn.ReLU(),
                conv(half, stem_width, 3),
            )
        if ends and norm:
            self.bn1 = norm(stem_width)
        if stem == "deep strided":
            self.maxpool = nn.Sequential(
                conv(stem_width, stem_width, 3, 2), nn.BatchNorm2d(stem_width), nn.ReLU()
            )
        elif stem != "cifar":
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            if blur:
                self.maxpool = nn.Sequential(nn.MaxPool2d(2, 1), Blur(stem_width, 2))
        if fixup:
            self.bias1 = nn.Parameter(torch.zeros(1))
            self.bias2 = nn.Parameter(torch.zeros(1))
        inputs, index = stem_width, 0
        for stage, (width, count) in enumerate(zip(WIDTHS, BLOCKS)):
            units = []
            for i in range(count):
                more = {}
                if survivals:
                    more["survival"] = survivals[index]
                if variances:
                    more["variance"] = variances[index]
                if dilate and stage == 1 and i > 0:
                    more["dilation"] = 2
                stride = 2 if stage == 1 and i == 0 and not dilate else 1
                path = f"layer{stage + 1}.{i}"
                units.append(unit(path, inputs, width, stride, index == 0, **more))
                inputs, index = units[-1].outputs, index + 1
            setattr(self, f"layer{stage + 1}", nn.Sequential(*units))
        self.final = final
        if final == "norm":
            self.bn = norm(inputs)
        self.fc = nn.Linear(inputs, CLASSES)

    def forward(self, x):
        x = self.conv1(x)
        x = x + self.bias1 if self.fixup else x
        x = self.bn1(x) if hasattr(self, "bn1") else x
        x = self.act(x) if self.ends else x
        x = self.maxpool(x) if hasattr(self, "maxpool") else x
        x = self.layer2(self.layer1(x))
        x = self.bn(x) if hasattr(self, "bn") else x
        x = F.relu(x) if self.final else x
        x = x.mean((2, 3))
        return self.fc(x + self.bias2 if self.fixup else x)


class Vgg(nn.Module):
    """Two stages of two convolutions; global pool, one affine map."""

    def __init__(self):
        super().__init__()
        layers, inputs = [], 3
        for width in WIDTHS:
            for _ in range(2):
                layers += [conv(inputs, width, 3, bias=True), nn.BatchNorm2d(width), nn.ReLU()]
                inputs = width
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(inputs, CLASSES)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class DenseLayer(nn.Module):
    def __init__(self, inputs, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, 4 * growth, 1)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), conv(4 * growth, growth, 3)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        return torch.cat((x, self.conv2(F.relu(self.norm2(y)))), 1)


class DenseNet(nn.Module):
    """Two dense blocks of two layers, growth 3."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", conv(3, 6, 3))
        channels = 6
        for block in (1, 2):
            layers = nn.Sequential()
            for i in (1, 2):
                layers.add_module(f"denselayer{i}", DenseLayer(channels, 3))
                channels += 3
            self.features.add_module(f"denseblock{block}", layers)
            if block == 1:
                half = nn.Sequential()
                half.add_module("norm", nn.BatchNorm2d(channels))
                half.add_module("relu", nn.ReLU())
                half.add_module("conv", conv(channels, channels // 2, 1))
                half.add_module("pool", nn.AvgPool2d(2, 2))
                self.features.add_module("transition1", half)
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, CLASSES)

    def forward(self, x):
        return self.classifier(F.relu(self.features(x)).mean((2, 3)))


def unit(module=Unit, **options):
    return lambda *place, **more: module(*place, **{**options, **more})


def group_norm(channels):
    return nn.GroupNorm(2, channels)


def spec(block, **fields):
    return {
        "type": "resnet",
        "name": "small",
        "stem": {"kind": "CIFAR", "width": 4},
        "blocks": list(BLOCKS),
        "widths": list(WIDTHS),
        "block": block,
        **fields,
    }


def post(block, net=None, fields=None, **options):
    return spec(block, **(fields or {})), lambda: Net(unit(**options), **(net or {}))


def pre(block, net=None, fields=None, **options):
    block = {"order": "PREACTIVATION", "shortcut": "ZERO_PAD", **block}
    net = {"ends": False, "final": "norm", **(net or {})}
    return spec(block, **(fields or {})), lambda: Net(unit(PreUnit, **options), **net)


def kind_and_width(kind, width=4):
    return {"stem": {"kind": kind, "width": width}}


A = {"shortcut": "ZERO_PAD"}
BOTTLENECK = {"kind": "BOTTLENECK"}


def activation(name, function):
    return post({"activation": name, **A}, {"act": function}, shortcut="A", act=function)


DESIGNS = {
    "basic-a": post(A, shortcut="A"),
    "basic-b": post({}),
    "basic-c": post({"shortcut": "PROJECTION_ALWAYS"}, shortcut="C"),
    "basic-d": post({"shortcut": "POOLED_PROJECTION"}, shortcut="D"),
    "bottleneck": post(BOTTLENECK, kind="bottleneck"),
    "bottleneck-2015": post(
        {"stridePosition": "ON_FIRST_1X1", **BOTTLENECK}, kind="bottleneck", early=True
    ),
    "single": post({"kind": "SINGLE", **A}, kind="single", shortcut="A"),
    "plain": post({"shortcut": "NONE"}, shortcut="A", join="no shortcut"),
    "norm-after-add": post(
        {"order": "NORM_AFTER_ADD", **A}, shortcut="A", order="norm after add"
    ),
    "act-before-add": post(
        {"order": "ACT_BEFORE_ADD", **A}, shortcut="A", order="act before add"
    ),
    "act-only-preactivation": pre(
        {"order": "ACT_ONLY_PREACTIVATION", "shortcut": "PROJECTION"},
        {"final": "act"},
        act_only=True,
        shortcut="B",
    ),
    "preactivation": pre({}),
    "preactivation-single": pre({"kind": "SINGLE"}, kind="single"),
    "preactivation-bottleneck": pre(
        {"shortcut": "PROJECTION", **BOTTLENECK}, kind="bottleneck", shortcut="B"
    ),
    "preactivation-imagenet": pre(
        {"shortcut": "PROJECTION"},
        {"stem": "imagenet", "ends": True},
        kind_and_width("IMAGENET"),
        shortcut="B",
        bare_first=True,
    ),
    "wide-dropout": pre(
        {"shortcut": "PROJECTION"},
        None,
        {"regularisation": {"dropout": 0.3}},
        shortcut="B",
        dropout=0.3,
    ),
    "constant": post(
        {"join": {"kind": "SUM", "shortcut": 0.5, "branch": 0.5}, **A}, shortcut="A", join="half"
    ),
    "exclusive-gate": post(
        {"join": {"kind": "EXCLUSIVE_GATE", "bias": -6}, **A}, shortcut="A", join="exclusive gate"
    ),
    "shortcut-gate": post(
        {"join": {"kind": "SHORTCUT_GATE", "bias": 0}, **A}, shortcut="A", join="shortcut gate"
    ),
    "dropout-shortcut": post(
        {"join": {"kind": "SHORTCUT_DROPOUT", "probability": 0.5}, **A},
        shortcut="A",
        join="dropout",
    ),
    # Two groups, each as wide as the stage.
    "resnext": post(
        {"groups": 2, "groupWidth": 64, **BOTTLENECK}, kind="bottleneck", groups=2, widen=2
    ),
    "squeeze": post({"squeeze": 0.25}, squeeze=0.25),
    "deep-stem": post({}, {"stem": "deep"}, kind_and_width("DEEP")),
    "resnet-rs": post(
        {"squeeze": 0.25, "scale": "ZERO", "shortcut": "POOLED_PROJECTION"},
        {"stem": "deep strided"},
        {**kind_and_width("DEEP_STRIDED"), "height": 16, "width": 24},
        squeeze=0.25,
        shortcut="D",
    ),
    "blur": post(
        {"blur": True},
        {"stem": "imagenet", "blur": True},
        {**kind_and_width("IMAGENET"), "height": 21, "width": 27},
        blur=True,
    ),
    "blur-bottleneck": post({"blur": True, **BOTTLENECK}, blur=True, kind="bottleneck"),
    "stochastic-depth": post(
        A,
        {"survivals": [0.875, 0.75, 0.625, 0.5]},
        {"regularisation": {"stochasticDepth": 0.5}},
        shortcut="A",
    ),
    "rezero": post({"scale": "LEARNED", **A}, shortcut="A", rezero=True),
    "skipinit": pre(
        {"norm": {"kind": "NONE"}, "scale": "LEARNED"},
        {"norm": None, "final": "act", "bias": True},
        norm=None,
    ),
    "fixup": (
        spec({"norm": {"kind": "FIXUP"}, **A}),
        lambda: Net(unit(FixupUnit), norm=None, fixup=True),
    ),
    "normaliser-free": (
        spec(
            {
                "order": "PREACTIVATION",
                "norm": {"kind": "STANDARDISED_WEIGHTS"},
                "shortcut": "POOLED_PROJECTION",
                "scale": "LEARNED",
            }
        ),
        lambda: Net(
            unit(NormFreeUnit),
            norm=None,
            ends=False,
            final="act",
            make=StandardisedConv,
            variances=[1.0, 1.04, 1.08, 1.04],
        ),
    ),
    "group-norm": post(
        {"norm": {"kind": "GROUP", "groups": 2}}, {"norm": group_norm}, norm=group_norm
    ),
    "dilated": post({}, {"dilate": True}, {"outputStride": 1}),
    "reversible": (
        spec({"order": "PREACTIVATION", "reversible": True, **A}),
        lambda: Net(unit(RevUnit), final="norm"),
    ),
    "leaky-relu": activation("LEAKY_RELU", F.leaky_relu),
    "sigmoid": activation("SIGMOID", torch.sigmoid),
    "tanh": activation("TANH", torch.tanh),
    "silu": activation("SILU", F.silu),
    "gelu": activation("GELU", F.gelu),
    "vgg": (
        {"type": "vgg", "name": "small", "convolutions": [2, 2], "widths": list(WIDTHS)}
        | {"hidden": 0, "dropout": 0},
        Vgg,
    ),
    "densenet": (
        {"type": "densenet", "name": "small", "stem": {"kind": "CIFAR", "width": 6}}
        | {"layers": [2, 2], "growth": 3},
        DenseNet,
    ),
}


def build(name):
    """(specification with input and classes, module in float64)."""
    specification, make = DESIGNS[name]
    channels, height, width = INPUT
    picture = {"classes": CLASSES, "channels": channels, "height": height, "width": width}
    return {**picture, **specification, "classes": CLASSES}, make().double()
