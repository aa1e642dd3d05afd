"""What a golden or a live dump holds of one network: logits, gradients, statistics, changes.

Names: "input", "labels", "loss" (mean softmax cross-entropy), "logits", "grad.<parameter>" and
"grad.input" of one pass in training mode; "running.<buffer>", the running statistics after it;
"eval.logits" of the initial state in evaluation mode; "delta.<path>", the change of every parameter
and running statistic over SGD steps on that same batch.
"""

import contextlib

import numpy as np
import torch

import fills
import networks

SEED = 1512
BATCH = 8
SGD = {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4}


def filled(network, seed=SEED, dtype=torch.float64, activation="relu", zero_init=False):
    """The network with keyed weights in dtype, and those weights in float64 by path."""
    model = networks.build(network, networks.golden_input(network)[1], activation)
    shapes = {
        path: tuple(value.shape)
        for path, value in model.state_dict().items()
        if not path.endswith("num_batches_tracked")
    }
    state = fills.state(seed, shapes)
    if zero_init:
        zeroed = networks.build(network, networks.golden_input(network)[1], zero_init=True)
        for path, value in zeroed.state_dict().items():
            if path.endswith(".weight") and value.dim() == 1 and not value.any():
                state[path] = np.zeros_like(state[path])
    model.to(dtype)
    model.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()}, strict=False)
    return model, state


def batch(network, seed=SEED, dtype=torch.float64, size=BATCH):
    shape, classes = networks.golden_input(network)
    x = torch.from_numpy(fills.tensor(seed, "input", (size,) + shape)).to(dtype)
    return x, torch.from_numpy(fills.labels(seed, size, classes))


def quantities(
    network,
    dtype="float64",
    activation="relu",
    steps=0,
    seed=SEED,
    zero_init=False,
    channels_last=False,
):
    """float64 arrays by name. dtype bfloat16 is autocast over float32 weights; zero_init concerns
    the steps alone."""
    kind = torch.float64 if dtype == "float64" else torch.float32
    layout = torch.channels_last if channels_last else torch.contiguous_format

    def cast():
        if dtype == "bfloat16":
            return torch.autocast("cpu", dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def loss_of(model, x, y):
        with cast():
            logits = model(x)
        return logits, torch.nn.functional.cross_entropy(logits.to(kind), y)

    out = {}
    model, initial = filled(network, seed, kind, activation)
    model.to(memory_format=layout)
    x, y = batch(network, seed, kind)
    out["input"], out["labels"] = _array(x), _array(y)
    x = x.to(memory_format=layout)
    model.eval()
    with torch.no_grad(), cast():
        out["eval.logits"] = _array(model(x))
    model.train()
    x.requires_grad_(True)
    logits, loss = loss_of(model, x, y)
    loss.backward()
    out["loss"], out["logits"] = _array(loss).reshape(1), _array(logits)
    out["grad.input"] = _array(x.grad)
    for path, parameter in model.named_parameters():
        out[f"grad.{path}"] = _array(parameter.grad)
    for path, value in model.named_buffers():
        if not path.endswith("num_batches_tracked"):
            out[f"running.{path}"] = _array(value)

    if steps:
        model, initial = filled(network, seed, kind, activation, zero_init)
        model.to(memory_format=layout)
        x = x.detach()
        optimiser = torch.optim.SGD(model.parameters(), **SGD)
        for _ in range(steps):
            optimiser.zero_grad()
            loss_of(model, x, y)[1].backward()
            optimiser.step()
        now = model.state_dict()
        for path, start in initial.items():
            # The run's own start: in f32 the rounding of the weights is no change.
            began = torch.from_numpy(start).to(kind)
            out[f"delta.{path}"] = _array(now[path]) - _array(began)
    return out


def distance(actual, expected):
    """Relative norm of the difference."""
    return float(np.linalg.norm(actual - expected) / np.linalg.norm(expected))


def together(actual, expected, prefix):
    """Relative norm over all parameters' tensors with that prefix as one vector."""
    names = [n for n in expected if n.startswith(prefix) and n != "grad.input"]
    difference = sum(float(np.sum((actual[n] - expected[n]) ** 2)) for n in names)
    return (difference / sum(float(np.sum(expected[n] ** 2)) for n in names)) ** 0.5


def _array(value):
    return value.detach().to(torch.float64).contiguous().numpy().copy()
