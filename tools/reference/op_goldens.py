"""Goldens of single operations, optimiser runs and learning-rate schedules, in float64.

    {"cases": [{"name", "op", "attributes": {...}, "inputs": {tensor: {"shape", "fill"}},
                "expected": {tensor: {"shape", "values"}}}],
     "sgd": [{"name", attributes, "shape", "steps", "weight", "momentum"}],
     "schedules": [{"name", "kind", attributes, "rates": the rate of step 0, 1, ...}]}

An input is not stored: element i is the fill's function of u = draw i of (seed,
"ops.<case>.<tensor>"), v = 2u - 1, rounded to float32 so that every backend starts from the same
number:
    uniform   v                        scale     1 + 0.2 v
    spread    50 v                     variance  0.5 + u
    one_hot   row r has a one at floor(K * u_r), u_r = draw r      (targets [N, K])
    soft      u over the sum of its row, added left to right, then rounded
"op" and the attributes follow io.resnet4j.graph.Op; windows are [h, w] pairs. "dy" is the gradient
fed by the output; expected tensors are "y" and the gradients "dx", "dweight", ... of every input,
"running_mean" and "running_var" after the pass. A loss has dy = 1. BatchNorm's activation is
applied to its output, Add's to its sum. A Conv2d with "standardised" has that epsilon: its weight
is normalised filter by filter (biased variance) and multiplied by "scale" [outputs]. Inputs keep
maxima and zeros at least 1e-5 apart (asserted).

SGD starts from fill "uniform" of "ops.<name>.weight"; step t adds the gradient whose element i is
v of draw t * n + i of "ops.<name>.gradient" (not rounded).
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from keyed_random import KeyedRandom

_ACTIVATIONS = {
    "IDENTITY": lambda x: x,
    "RELU": F.relu,
    "SIGMOID": torch.sigmoid,
    "TANH": torch.tanh,
    "SILU": F.silu,
    "LEAKY_RELU": lambda x: F.leaky_relu(x, 0.01),
    "GELU": F.gelu,
}
_TIE = 1e-5


def golden(seed):
    return {"cases": list(_cases(seed)), "sgd": list(_sgd(seed)), "schedules": list(_schedules())}


def fill(seed, case, tensor, shape, kind):
    random = KeyedRandom.of(seed, f"ops.{case}.{tensor}")
    if kind == "one_hot":
        value = np.zeros(shape)
        rows = np.arange(shape[0])
        value[rows, np.floor(random.uniforms(shape[0]) * shape[1]).astype(np.int64)] = 1
    else:
        u = random.uniforms(int(np.prod(shape)))
        v = 2 * u - 1
        value = {"uniform": v, "spread": 50 * v, "scale": 1 + 0.2 * v, "variance": 0.5 + u, "soft": u}
        value = value[kind].reshape(shape)
        if kind == "soft":
            value = value / np.cumsum(value, 1)[:, -1:]
    return value.astype(np.float32).astype(np.float64)


def _case(seed, name, op, attributes, shapes, function, buffers=(), kinds=None):
    """shapes by input; function(**tensors) gives y; buffers are inputs without a gradient."""
    kinds = kinds or {}
    inputs, tensors = {}, {}
    for key, shape in shapes.items():
        kind = kinds.get(key, "uniform")
        inputs[key] = {"shape": list(shape), "fill": kind}
        tensors[key] = torch.from_numpy(fill(seed, name, key, shape, kind))
        if key not in buffers:
            tensors[key].requires_grad_(True)
    y = function(**tensors)
    if y.numel() == 1 and op == "SoftmaxCrossEntropy":
        y.backward()
    else:
        inputs["dy"] = {"shape": list(y.shape), "fill": "uniform"}
        y.backward(torch.from_numpy(fill(seed, name, "dy", tuple(y.shape), "uniform")))
    expected = {"y": _values(y.reshape(1) if y.dim() == 0 else y)}
    for key, tensor in tensors.items():
        if tensor.requires_grad:
            expected["d" + key] = _values(tensor.grad)
        elif key.startswith("running"):
            expected[key] = _values(tensor)
    return {"name": name, "op": op, "attributes": attributes, "inputs": inputs, "expected": expected}


def _values(tensor):
    return {"shape": list(tensor.shape), "values": tensor.detach().reshape(-1).tolist()}


def _cases(seed):
    yield from _convolutions(seed)
    yield from _batch_norms(seed)
    yield from _pools(seed)
    yield from _others(seed)
    yield from _family(seed)


def _convolutions(seed):
    # name, x, outputs, kernel, stride, padding, dilation, groups, bias
    rows = (
        ("conv-3x3", (2, 6, 8, 8), 5, (3, 3), (1, 1), (1, 1), (1, 1), 1, False),
        ("conv-1x1", (2, 6, 5, 7), 9, (1, 1), (1, 1), (0, 0), (1, 1), 1, False),
        ("conv-1x1-bias", (3, 4, 5, 3), 6, (1, 1), (1, 1), (0, 0), (1, 1), 1, True),
        ("conv-3x3-stride2", (2, 4, 8, 8), 6, (3, 3), (2, 2), (1, 1), (1, 1), 1, False),
        ("conv-3x3-stride2-odd", (2, 4, 9, 7), 6, (3, 3), (2, 2), (1, 1), (1, 1), 1, True),
        ("conv-1x1-stride2", (2, 5, 8, 8), 7, (1, 1), (2, 2), (0, 0), (1, 1), 1, False),
        ("conv-1x1-stride2-odd", (2, 5, 7, 9), 7, (1, 1), (2, 2), (0, 0), (1, 1), 1, False),
        ("conv-7x7-stem", (2, 3, 17, 16), 8, (7, 7), (2, 2), (3, 3), (1, 1), 1, False),
        ("conv-3x3-no-padding", (1, 3, 6, 5), 4, (3, 3), (1, 1), (0, 0), (1, 1), 1, True),
        ("conv-3x3-dilated", (2, 3, 9, 8), 4, (3, 3), (1, 1), (2, 2), (2, 2), 1, False),
        ("conv-3x3-dilated-stride2", (2, 3, 11, 10), 4, (3, 3), (2, 2), (2, 2), (2, 2), 1, True),
        ("conv-3x3-groups", (2, 8, 6, 6), 12, (3, 3), (1, 1), (1, 1), (1, 1), 4, False),
        ("conv-3x3-groups-stride2", (2, 8, 7, 6), 8, (3, 3), (2, 2), (1, 1), (1, 1), 2, True),
        ("conv-3x3-depthwise", (2, 6, 7, 7), 6, (3, 3), (1, 1), (1, 1), (1, 1), 6, False),
        ("conv-1x3", (2, 3, 5, 8), 4, (1, 3), (1, 1), (0, 1), (1, 1), 1, False),
        ("conv-5x2-mixed", (2, 3, 11, 9), 4, (5, 2), (2, 1), (2, 0), (1, 3), 1, True),
        ("conv-16-channels", (2, 16, 5, 5), 32, (3, 3), (1, 1), (1, 1), (1, 1), 1, False),
    )
    for name, x, outputs, kernel, stride, padding, dilation, groups, bias in rows:
        shapes = {"x": x, "weight": (outputs, x[1] // groups) + kernel}
        if bias:
            shapes["bias"] = (outputs,)
        attributes = {
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
        }

        def convolve(x, weight, bias=None):
            return F.conv2d(x, weight, bias, stride, padding, dilation, groups)

        yield _case(seed, name, "Conv2d", attributes, shapes, convolve)


def _batch_norms(seed):
    # name, x, epsilon, momentum, statistics, activation
    rows = (
        ("bn-batch", (4, 5, 3, 3), 1e-5, 0.1, "BATCH", "IDENTITY"),
        ("bn-batch-odd", (3, 17, 5, 1), 1e-3, 0.01, "BATCH", "IDENTITY"),
        ("bn-batch-one-picture", (1, 6, 4, 5), 1e-5, 0.1, "BATCH", "IDENTITY"),
        ("bn-batch-relu", (4, 16, 3, 5), 1e-5, 0.1, "BATCH", "RELU"),
        ("bn-running", (4, 5, 3, 3), 1e-5, 0.1, "RUNNING", "IDENTITY"),
        ("bn-running-relu", (2, 16, 5, 3), 1e-5, 0.1, "RUNNING", "RELU"),
    )
    for name, x, epsilon, momentum, statistics, activation in rows:
        channel = (x[1],)
        shapes = {
            "x": x,
            "scale": channel,
            "shift": channel,
            "running_mean": channel,
            "running_var": channel,
        }
        attributes = {
            "epsilon": epsilon,
            "momentum": momentum,
            "statistics": statistics,
            "activation": activation,
        }

        def norm(x, scale, shift, running_mean, running_var):
            batch = statistics == "BATCH"
            y = F.batch_norm(x, running_mean, running_var, scale, shift, batch, momentum, epsilon)
            return _activate(activation, y)

        yield _case(
            seed,
            name,
            "BatchNorm",
            attributes,
            shapes,
            norm,
            buffers=("running_mean", "running_var"),
            kinds={"scale": "scale", "running_var": "variance"},
        )


def _pools(seed):
    # name, x, kernel, stride, padding, dilation
    rows = (
        ("max-pool-stem", (2, 3, 8, 8), (3, 3), (2, 2), (1, 1), (1, 1)),
        ("max-pool-stem-odd", (2, 3, 9, 7), (3, 3), (2, 2), (1, 1), (1, 1)),
        ("max-pool-2x2", (2, 3, 6, 7), (2, 2), (2, 2), (0, 0), (1, 1)),
        ("max-pool-overlapping", (2, 2, 5, 6), (3, 3), (1, 1), (1, 1), (1, 1)),
        ("max-pool-dilated", (2, 2, 9, 8), (2, 3), (2, 1), (1, 1), (2, 2)),
    )
    for name, x, kernel, stride, padding, dilation in rows:
        attributes = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}

        def largest(x):
            flat = torch.sort(x.detach().reshape(-1)).values
            assert float((flat[1:] - flat[:-1]).min()) > 0, f"{name}: tie"
            return F.max_pool2d(x, kernel, stride, padding, dilation)

        yield _case(seed, name, "MaxPool", attributes, {"x": x}, largest)
    # name, x, kernel, stride, padding
    rows = (
        ("average-pool-3x3", (2, 3, 8, 8), (3, 3), (2, 2), (1, 1)),
        ("average-pool-3x3-odd", (2, 3, 9, 7), (3, 3), (2, 2), (1, 1)),
        ("average-pool-2x2", (2, 3, 6, 7), (2, 2), (2, 2), (0, 0)),
        ("average-pool-mixed", (1, 2, 7, 9), (2, 3), (1, 2), (1, 0)),
    )
    for base, x, kernel, stride, padding in rows:
        for count in (False, True):
            name = base + ("-count-padding" if count else "")
            attributes = {
                "kernel": kernel,
                "stride": stride,
                "padding": padding,
                "count_padding": count,
            }

            def mean(x):
                return F.avg_pool2d(x, kernel, stride, padding, False, count)

            yield _case(seed, name, "AveragePool", attributes, {"x": x}, mean)
    for x in ((2, 5, 7, 7), (3, 17, 1, 4)):
        name = f"global-average-pool-{x[2]}x{x[3]}"
        yield _case(
            seed, name, "GlobalAveragePool", {}, {"x": x}, lambda x: F.adaptive_avg_pool2d(x, 1)
        )


def _others(seed):
    shapes = {"x": (4, 7), "weight": (5, 7)}
    yield _case(seed, "linear", "Linear", {}, shapes, F.linear)
    shapes = {"x": (3, 64), "weight": (10, 64), "bias": (10,)}
    yield _case(seed, "linear-bias", "Linear", {}, shapes, F.linear)
    for activation in ("RELU", "SIGMOID", "TANH", "SILU"):
        name = "activate-" + activation.lower()
        attributes = {"activation": activation}
        yield _case(
            seed,
            name,
            "Activate",
            attributes,
            {"x": (2, 17, 3, 5)},
            lambda x: _activate(activation, x),
        )
    for activation in ("IDENTITY", "RELU"):
        shapes = {"a": (2, 17, 3, 5), "b": (2, 17, 3, 5)}
        yield _case(
            seed,
            "add-" + activation.lower(),
            "Add",
            {"activation": activation},
            shapes,
            lambda a, b: _activate(activation, a + b),
        )
    for x, stride, before, after in (
        ((2, 4, 8, 8), 2, 2, 2),
        ((2, 3, 7, 9), 2, 2, 3),
        ((2, 4, 5, 5), 1, 0, 4),
    ):
        name = f"pad-shortcut-{x[2]}x{x[3]}-stride{stride}"
        yield _case(
            seed,
            name,
            "PadShortcut",
            {"stride": stride, "before": before, "after": after},
            {"x": x},
            lambda x: F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, before, after)),
        )
    for name, shape, smoothing, kinds in (
        ("cross-entropy", (6, 10), 0.0, {"targets": "one_hot"}),
        ("cross-entropy-smoothing", (6, 10), 0.1, {"targets": "one_hot"}),
        ("cross-entropy-soft", (5, 17), 0.0, {"targets": "soft"}),
        ("cross-entropy-soft-smoothing", (5, 17), 0.2, {"targets": "soft"}),
        ("cross-entropy-large-logits", (6, 10), 0.1, {"targets": "one_hot", "logits": "spread"}),
    ):
        yield _case(
            seed,
            name,
            "SoftmaxCrossEntropy",
            {"smoothing": smoothing},
            {"logits": shape, "targets": shape},
            lambda logits, targets: F.cross_entropy(logits, targets, label_smoothing=smoothing),
            buffers=("targets",),
            kinds=kinds,
        )


def _family(seed):
    for activation in ("LEAKY_RELU", "GELU"):
        yield _case(
            seed,
            "activate-" + activation.lower().replace("_", "-"),
            "Activate",
            {"activation": activation},
            {"x": (2, 17, 3, 5)},
            lambda x: _activate(activation, x),
        )
    for x, groups, epsilon, shifted in (
        ((2, 6, 3, 5), 2, 1e-5, True),
        ((3, 16, 4, 3), 16, 1e-5, True),
        ((1, 17, 5, 3), 1, 1e-3, True),
        ((2, 32, 3, 3), 8, 1e-5, False),
    ):
        shapes = {"x": x, "scale": (x[1],)} | ({"shift": (x[1],)} if shifted else {})

        def norm(x, scale, shift=None):
            return F.group_norm(x, groups, scale, shift, epsilon)

        yield _case(
            seed,
            f"group-norm-{x[1]}-in-{groups}" + ("" if shifted else "-no-shift"),
            "GroupNorm",
            {"groups": groups, "epsilon": epsilon},
            shapes,
            norm,
            kinds={"scale": "scale"},
        )
    for x, pad in (((2, 3, 5, 7), 1), ((2, 17, 4, 6), 3)):
        yield _case(
            seed,
            f"reflect-pad-{x[2]}x{x[3]}-by-{pad}",
            "ReflectPad",
            {"pad": pad},
            {"x": x},
            lambda x: F.pad(x, (pad, pad, pad, pad), mode="reflect"),
        )
    for outputs, groups in ((5, 1), (8, 2)):

        def convolve(x, weight, scale):
            variance, mean = torch.var_mean(weight, (1, 2, 3), correction=0, keepdim=True)
            weight = (weight - mean) / torch.sqrt(variance + 1e-4) * scale.reshape(-1, 1, 1, 1)
            return F.conv2d(x, weight, None, 1, 1, 1, groups)

        yield _case(
            seed,
            f"standardised-conv-groups-{groups}",
            "Conv2d",
            {
                "kernel": (3, 3),
                "stride": (1, 1),
                "padding": (1, 1),
                "dilation": (1, 1),
                "groups": groups,
                "standardised": 1e-4,
            },
            {"x": (2, 6, 5, 7), "weight": (outputs, 6 // groups, 3, 3), "scale": (outputs,)},
            convolve,
            kinds={"scale": "scale"},
        )
    wide = (2, 17, 3, 5)
    for name, narrow in (("scalar", (1,)), ("channels", (1, 17, 1, 1)), ("gates", (2, 17, 1, 1))):
        shapes = {"x": wide, "z": narrow}
        yield _case(seed, "multiply-" + name, "Multiply", {}, shapes, lambda x, z: x * z)
        yield _case(seed, "shift-" + name, "Shift", {}, shapes, lambda x, z: x + z)
    yield _case(
        seed,
        "affine",
        "Affine",
        {"factor": -1.0, "addend": 1.0},
        {"x": wide},
        lambda x: -x + 1,
    )
    for parts in ((3, 5), (16, 32), (16, 1, 17)):
        yield _case(
            seed,
            "concat-" + "-".join(map(str, parts)),
            "Concat",
            {},
            {"abc"[i]: (2, channels, 3, 5) for i, channels in enumerate(parts)},
            lambda **tensors: torch.cat(list(tensors.values()), 1),
        )
    for start, end in ((0, 16), (16, 32), (5, 19)):
        yield _case(
            seed,
            f"slice-{start}-to-{end}",
            "Slice",
            {"from": start, "to": end},
            {"x": (2, 32, 3, 5)},
            lambda x: x[:, start:end],
        )


def _activate(name, x):
    if name in ("RELU", "LEAKY_RELU"):
        assert float(x.detach().abs().min()) > _TIE, "an input of ReLU is too close to zero"
    return _ACTIVATIONS[name](x)


def _sgd(seed):
    for name, momentum, nesterov, decay in (
        ("sgd-plain", 0.0, False, 0.0),
        ("sgd-decay", 0.0, False, 1e-2),
        ("sgd-momentum", 0.9, False, 0.0),
        ("sgd-momentum-decay", 0.9, False, 1e-4),
        ("sgd-nesterov-decay", 0.9, True, 5e-4),
    ):
        shape, steps, rate = (5, 3), 50, 0.1
        weight = nn.Parameter(torch.from_numpy(fill(seed, name, "weight", shape, "uniform")))
        optimiser = torch.optim.SGD(
            [weight], rate, momentum=momentum, nesterov=nesterov, weight_decay=decay
        )
        draws = KeyedRandom.of(seed, f"ops.{name}.gradient")
        for t in range(steps):
            gradient = 2 * draws.uniforms(weight.numel(), t * weight.numel()) - 1
            weight.grad = torch.from_numpy(gradient.reshape(shape))
            optimiser.step()
        buffer = optimiser.state[weight].get("momentum_buffer")
        yield {
            "name": name,
            "rate": rate,
            "momentum": momentum,
            "nesterov": nesterov,
            "weight_decay": decay,
            "shape": list(shape),
            "steps": steps,
            "weight": weight.detach().reshape(-1).tolist(),
            "momentum_buffer": None if buffer is None else buffer.reshape(-1).tolist(),
        }


def _schedules():
    """torch.optim.lr_scheduler's, one rate per step: constant; multi_step multiplies by gamma at
    each milestone; cosine falls to final_rate at step total; warm-up rises linearly from
    warmup_start * rate at step 0 to rate at step warmup, where the main schedule begins. With
    "warmup_start" 1 / warmup and ramp_steps warmup - 1, step t of the warm-up has rate
    (t + 1) / warmup."""
    from torch.optim import lr_scheduler as s

    def cosine(steps, floor=0.0):
        return lambda o: s.CosineAnnealingLR(o, steps, eta_min=floor)

    def warmed(start, ramp, warmup, main):
        return lambda o: s.SequentialLR(
            o, [s.LinearLR(o, start_factor=start, total_iters=ramp), main(o)], [warmup]
        )

    rows = (
        ("constant", {"rate": 0.1, "total": 10}, lambda o: s.ConstantLR(o, factor=1.0)),
        (
            "multi_step",
            {"rate": 0.1, "total": 40, "milestones": [15, 30], "gamma": 0.1},
            lambda o: s.MultiStepLR(o, [15, 30], 0.1),
        ),
        ("cosine", {"rate": 0.4, "total": 50, "final_rate": 0.0}, cosine(50)),
        ("cosine_floor", {"rate": 0.4, "total": 50, "final_rate": 0.01}, cosine(50, 0.01)),
        (
            "cosine_warmup",
            {
                "rate": 0.4,
                "total": 60,
                "final_rate": 0.0,
                "warmup": 10,
                "warmup_start": 0.01,
                "ramp_steps": 10,
            },
            warmed(0.01, 10, 10, cosine(50)),
        ),
        (
            "cosine_warmup_from_one_step",
            {
                "rate": 0.4,
                "total": 60,
                "final_rate": 0.0,
                "warmup": 10,
                "warmup_start": 0.1,
                "ramp_steps": 9,
            },
            warmed(0.1, 9, 10, cosine(50)),
        ),
        (
            "multi_step_warmup_from_one_step",
            {
                "rate": 0.1,
                "total": 40,
                "milestones": [15, 30],
                "gamma": 0.1,
                "warmup": 5,
                "warmup_start": 0.2,
                "ramp_steps": 4,
            },
            warmed(0.2, 4, 5, lambda o: s.MultiStepLR(o, [10, 25], 0.1)),
        ),
    )
    for name, attributes, scheduler in rows:
        optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], attributes["rate"])
        schedule = scheduler(optimiser)
        rates = []
        for _ in range(attributes["total"]):
            rates.append(float(optimiser.param_groups[0]["lr"]))
            optimiser.step()
            schedule.step()
        yield {"name": name, "attributes": attributes, "rates": rates}
