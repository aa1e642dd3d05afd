"""Goldens of optimisers, weight averages and learning-rate schedules over 50 steps, and of losses, in float64.

    {"optimisers": [{"name", "groups": [{"rule": {"kind", ...}, "paths", "weight_decay", "l1"}], "rate",
                     "clip", "expected": {tensor: values}}],
     "schedules": [{"name", "schedule": JSON of io.resnet4j.train.Schedule, "rate", "total",
                    "rates": the rate of step 0, 1, ..., "measured": for a plateau}],
     "losses": [{"name", "kind", attributes, "shape", "targets", "y", "dlogits"}]}

The parameters are conv.weight [5,3,3,3], fc.weight [4,7] and fc.bias [4]; element i starts as v = 2u - 1
with u = draw i of (seed, "training.start.<path>"), rounded to float32. The gradients of step t come
from dy: [27,5] for the convolution, whose input are the 27 unit pictures, so that the gradient of
conv.weight is dy transposed; [7,4] for the linear map, whose input is the unit matrix, so that those of
fc.weight and fc.bias are dy transposed and its column sums. Element i of dy is v of draw t * n + i of
(seed, "training.dy.<layer>"), rounded to float32. Step t has rate (1 - t / 100) * rate.

SGD, Adam, AdamW and RMSprop are torch.optim's, clipping torch.nn.utils', EMA and SWA torch.optim.swa_utils'.
LARS (arXiv:1708.03888), LAMB (arXiv:1904.00962, timm's reading for groups without decay) and Muon (Jordan
et al. 2024) are written below from their formulas; check_muon compares Muon with torch.optim.Muon, which
rounds its Newton-Schulz steps to bfloat16. An L1 penalty is added to the gradient or, for a decoupled rule,
taken from the weight. "ema/PATH" and "swa/PATH" are averages over the steps of sgd-momentum; sgd-lookahead
is SGD with Lookahead.

A loss has logits [N,K] of fill "wide" (4 v), targets of fill "one_hot" or "soft", and a distillation has
teacher's logits of fill "wide", all of "training.<name>.<tensor>" as in op_goldens.py's fills.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import swa_utils

from keyed_random import KeyedRandom

STEPS = 50
SHAPES = {"conv.weight": (5, 3, 3, 3), "fc.weight": (4, 7), "fc.bias": (4,)}
WEIGHTS = ["conv.weight", "fc.weight"]


def golden(seed):
    return {
        "optimisers": [_optimiser(seed, *row) for row in _ROWS],
        "schedules": list(_schedules()),
        "losses": [_loss(seed, *row) for row in _LOSSES],
    }


def _draw(seed, path, count, at=0):
    v = 2 * KeyedRandom.of(seed, path).uniforms(count, at) - 1
    return v.astype(np.float32).astype(np.float64)


def _start(seed):
    return {
        path: nn.Parameter(
            torch.from_numpy(_draw(seed, f"training.start.{path}", math.prod(shape)).reshape(shape))
        )
        for path, shape in SHAPES.items()
    }


def _gradients(seed, t):
    conv = torch.from_numpy(_draw(seed, "training.dy.conv", 135, t * 135).reshape(27, 5))
    fc = torch.from_numpy(_draw(seed, "training.dy.fc", 28, t * 28).reshape(7, 4))
    return {"conv.weight": conv.T.reshape(5, 3, 3, 3), "fc.weight": fc.T, "fc.bias": fc.sum(0)}


def _group(rule, paths, weight_decay=0.0, l1=0.0):
    return {"rule": rule, "paths": paths, "weight_decay": weight_decay, "l1": l1}


def _two(rule, weight_decay, l1=0.0):
    return [_group(rule, WEIGHTS, weight_decay, l1), _group(rule, ["fc.bias"])]


def _sgd(momentum, nesterov=False):
    return {"kind": "sgd", "momentum": momentum, "nesterov": nesterov}


def _adam(decoupled):
    return {"kind": "adam", "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "decoupled": decoupled}


def _rmsprop(momentum, centred):
    return {"kind": "rmsprop", "alpha": 0.95, "epsilon": 1e-8, "momentum": momentum, "centred": centred}


_LAMB = {"kind": "lamb", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6}

# name, groups, rate, clip
_ROWS = (
    ("sgd", _two(_sgd(0.0), 1e-2), 0.05, None),
    ("sgd-momentum", _two(_sgd(0.9), 5e-3), 0.02, None),
    ("sgd-lookahead", _two(_sgd(0.9), 5e-3), 0.02, None),
    ("sgd-nesterov", _two(_sgd(0.9, True), 5e-3), 0.02, None),
    ("sgd-l1", _two(_sgd(0.9), 1e-3, 1e-2), 0.02, None),
    ("sgd-clipped", _two(_sgd(0.9), 5e-3), 0.02, 3.0),
    ("adam", _two(_adam(False), 1e-2), 0.01, None),
    ("adamw", _two(_adam(True), 0.1), 0.01, None),
    ("adamw-l1", _two(_adam(True), 0.1, 0.05), 0.01, None),
    ("rmsprop", _two(_rmsprop(0.0, False), 1e-2), 0.005, None),
    ("rmsprop-momentum", _two(_rmsprop(0.9, False), 1e-2), 0.002, None),
    ("rmsprop-centred", _two(_rmsprop(0.9, True), 1e-2), 0.002, None),
    (
        "lars",
        _two({"kind": "lars", "momentum": 0.9, "nesterov": False, "trust": 0.02}, 1e-2),
        0.1,
        None,
    ),
    ("lamb", _two(_LAMB, 2e-2), 0.01, None),
    ("lamb-clipped", _two(_LAMB, 2e-2), 0.01, 1.0),
    (
        "muon",
        [
            _group({"kind": "muon", "momentum": 0.95, "nesterov": True}, WEIGHTS, 0.1),
            _group(_adam(True), ["fc.bias"], 0.0),
        ],
        0.02,
        None,
    ),
)


def _optimiser(seed, name, groups, rate, clip):
    parameters = _start(seed)
    steppers = [
        _STEPPERS[g["rule"]["kind"]](g["rule"], [parameters[p] for p in g["paths"]], g) for g in groups
    ]
    model = nn.Module()
    for path, parameter in parameters.items():
        model.register_parameter(path.replace(".", "_"), parameter)
    averages = {
        "ema": swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9)),
        "swa": swa_utils.AveragedModel(model),
    }
    slow = {path: p.detach().clone() for path, p in parameters.items()}
    for t in range(STEPS):
        for path, gradient in _gradients(seed, t).items():
            parameters[path].grad = gradient.clone()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(list(parameters.values()), clip)
        for stepper in steppers:
            stepper(t, (1 - t / 100) * rate)
        if name == "sgd-momentum":
            averages["ema"].update_parameters(model)
            averages["swa"].update_parameters(model)
        if name == "sgd-lookahead" and (t + 1) % 5 == 0:  # arXiv:1907.08610, k = 5, alpha = 0.5
            for path, p in parameters.items():
                slow[path] += 0.5 * (p.detach() - slow[path])
                p.data.copy_(slow[path])
    expected = {path: p.detach().reshape(-1).tolist() for path, p in parameters.items()}
    if name == "sgd-momentum":
        for kind, average in averages.items():
            for (path, _), p in zip(parameters.items(), average.module.parameters()):
                expected[f"{kind}/{path}"] = p.detach().reshape(-1).tolist()
    return {"name": name, "groups": groups, "rate": rate, "clip": clip, "expected": expected}


def _builtin(make, coupled):
    def stepper(rule, parameters, group):
        optimiser = make(rule, parameters, group["weight_decay"])

        def step(t, rate):
            for p in parameters:
                if group["l1"] and coupled(rule):
                    p.grad += group["l1"] * torch.sign(p.detach())
                elif group["l1"]:
                    before = rate * group["l1"] * torch.sign(p.detach())
                    # AdamW decays first; both penalties are those of the weight before the step.
                    p.data -= before / (1 - rate * group["weight_decay"])
            optimiser.param_groups[0]["lr"] = rate
            optimiser.step()

        return step

    return stepper


class _Own:
    """A rule written from its formula; state by parameter."""

    def __init__(self, rule, parameters, group):
        self.rule, self.parameters, self.group = rule, parameters, group
        self.state = [{} for _ in parameters]

    @torch.no_grad()
    def __call__(self, t, rate):
        for p, state in zip(self.parameters, self.state):
            self.one(p, p.grad, state, t, rate)


class _Lars(_Own):
    def one(self, w, g, state, t, rate):
        decay, momentum = self.group["weight_decay"], self.rule["momentum"]
        ratio = 1.0
        if decay != 0:
            ratio = self.rule["trust"] * w.norm() / (g.norm() + decay * w.norm())
        v = state["v"] = momentum * state.get("v", torch.zeros_like(w)) + ratio * (g + decay * w)
        w -= rate * v


class _Lamb(_Own):
    def one(self, w, g, state, t, rate):
        b1, b2, decay = self.rule["beta1"], self.rule["beta2"], self.group["weight_decay"]
        m = state["m"] = b1 * state.get("m", torch.zeros_like(w)) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", torch.zeros_like(w)) + (1 - b2) * g * g
        m, v = m / (1 - b1 ** (t + 1)), v / (1 - b2 ** (t + 1))
        r = m / (v.sqrt() + self.rule["epsilon"]) + decay * w
        w -= rate * (w.norm() / r.norm() if decay != 0 else 1.0) * r


class _Muon(_Own):
    def one(self, w, g, state, t, rate):
        momentum = self.rule["momentum"]
        v = state["v"] = momentum * state.get("v", torch.zeros_like(w)) + (1 - momentum) * g
        u = (1 - momentum) * g + momentum * v if self.rule["nesterov"] else v
        u = orthogonal(u.reshape(len(u), -1))
        scale = max(1, u.shape[0] / u.shape[1]) ** 0.5
        w -= rate * (scale * u.reshape(w.shape) + self.group["weight_decay"] * w)


def orthogonal(u, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = u / u.norm().clamp(min=1e-7)
    if x.shape[0] > x.shape[1]:
        x = x.T
    for _ in range(steps):
        s = x @ x.T
        x = a * x + (b * s + c * s @ s) @ x
    return x.T if u.shape[0] > u.shape[1] else x


_STEPPERS = {
    "sgd": _builtin(
        lambda r, p, d: torch.optim.SGD(
            p, 1.0, momentum=r["momentum"], nesterov=r["nesterov"], weight_decay=d
        ),
        lambda r: True,
    ),
    "adam": _builtin(
        lambda r, p, d: (torch.optim.AdamW if r["decoupled"] else torch.optim.Adam)(
            p, 1.0, (r["beta1"], r["beta2"]), r["epsilon"], weight_decay=d
        ),
        lambda r: not r["decoupled"],
    ),
    "rmsprop": _builtin(
        lambda r, p, d: torch.optim.RMSprop(
            p, 1.0, r["alpha"], r["epsilon"], d, r["momentum"], r["centred"]
        ),
        lambda r: True,
    ),
    "lars": _Lars,
    "lamb": _Lamb,
    "muon": _Muon,
}


_WEIGHTS_OF_10 = [0.5, 2.0, 1.0, 0.25, 1.5, 1.0, 3.0, 0.75, 1.0, 1.25]

# name, kind, attributes, N and K, targets
_LOSSES = (
    ("ce-weights", "cross_entropy", {"weights": _WEIGHTS_OF_10}, (6, 10), "one_hot"),
    ("ce-soft-smooth-weights", "cross_entropy", {"smoothing": 0.1, "weights": _WEIGHTS_OF_10}, (6, 10), "soft"),
    ("ce-focal", "cross_entropy", {"focus": 2.0}, (6, 10), "one_hot"),
    ("ce-focal-weights", "cross_entropy", {"focus": 1.5, "weights": _WEIGHTS_OF_10}, (5, 10), "soft"),
    ("bce", "binary_cross_entropy", {}, (6, 10), "one_hot"),
    ("bce-soft", "binary_cross_entropy", {}, (5, 17), "soft"),
    ("bce-smooth-weights", "binary_cross_entropy", {"smoothing": 0.1, "weights": _WEIGHTS_OF_10}, (6, 10), "one_hot"),
    ("bce-threshold", "binary_cross_entropy", {"threshold": 0.1}, (5, 17), "soft"),
    ("bce-focal", "binary_cross_entropy", {"focus": 2.0}, (6, 10), "one_hot"),
    ("bce-focal-soft", "binary_cross_entropy", {"focus": 1.5}, (5, 17), "soft"),
    ("distillation", "distillation", {"temperature": 4.0, "share": 0.9}, (6, 10), "one_hot"),
    ("distillation-smooth", "distillation", {"smoothing": 0.1, "temperature": 2.0, "share": 0.5}, (5, 17), "soft"),
)


def _fill(seed, name, tensor, shape, kind):
    random = KeyedRandom.of(seed, f"training.{name}.{tensor}")
    if kind == "one_hot":
        value = np.zeros(shape)
        value[np.arange(shape[0]), np.floor(random.uniforms(shape[0]) * shape[1]).astype(np.int64)] = 1
        return torch.from_numpy(value)
    u = random.uniforms(math.prod(shape)).reshape(shape)
    value = u / np.cumsum(u, 1)[:, -1:] if kind == "soft" else 4 * (2 * u - 1)
    return torch.from_numpy(value.astype(np.float32).astype(np.float64))


def _loss(seed, name, kind, attributes, shape, targets):
    logits = _fill(seed, name, "logits", shape, "wide").requires_grad_(True)
    wanted = _fill(seed, name, "targets", shape, targets)
    teacher = _fill(seed, name, "teacher", shape, "wide")
    y = {"cross_entropy": _cross_entropy, "binary_cross_entropy": _binary, "distillation": _distillation}[kind](
        logits, wanted, teacher, attributes
    )
    y.backward()
    return {
        "name": name,
        "kind": kind,
        "attributes": attributes,
        "shape": list(shape),
        "targets": targets,
        "y": float(y.detach()),
        "dlogits": logits.grad.reshape(-1).tolist(),
    }


def _cross_entropy(logits, targets, teacher, a):
    weights = torch.tensor(a["weights"], dtype=torch.float64) if "weights" in a else None
    if "focus" not in a:
        return F.cross_entropy(logits, targets, weights, label_smoothing=a.get("smoothing", 0.0))
    log = F.log_softmax(logits, 1)
    loss = targets * (1 - log.exp()) ** a["focus"] * -log
    return (loss if weights is None else weights * loss).sum(1).mean()


def _binary(logits, targets, teacher, a):
    """F.binary_cross_entropy_with_logits, mean over N and K; focal as torchvision.ops' sigmoid_focal_loss with
    alpha = -1; threshold and smoothing as timm's BinaryCrossEntropy."""
    if "threshold" in a:
        targets = (targets > a["threshold"]).double()
    smoothing = a.get("smoothing", 0.0)
    targets = (1 - smoothing) * targets + smoothing / logits.shape[1]
    weights = torch.tensor(a["weights"], dtype=torch.float64) if "weights" in a else None
    if "focus" not in a:
        return F.binary_cross_entropy_with_logits(logits, targets, weights)
    p = logits.sigmoid()
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (loss * (1 - (p * targets + (1 - p) * (1 - targets))) ** a["focus"]).mean()


def _distillation(logits, targets, teacher, a):
    """Hinton et al., arXiv:1503.02531: (1 - share) CE + share T^2 KL(teacher at T || student at T)."""
    t = a["temperature"]
    soft = F.kl_div(
        F.log_softmax(logits / t, 1), F.log_softmax(teacher / t, 1), reduction="batchmean", log_target=True
    )
    hard = F.cross_entropy(logits, targets, label_smoothing=a.get("smoothing", 0.0))
    return (1 - a["share"]) * hard + a["share"] * t * t * soft


def check_muon(seed=0):
    """How far one step of torch.optim.Muon, which iterates in bfloat16, is from one here."""
    if not hasattr(torch.optim, "Muon"):
        return None
    start = torch.from_numpy(_draw(seed, "training.muon", 12 * 20).reshape(12, 20))
    gradient = torch.from_numpy(_draw(seed, "training.muon.gradient", 12 * 20).reshape(12, 20))
    theirs, ours = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    theirs.grad = ours.grad = gradient
    torch.optim.Muon([theirs], lr=0.1, momentum=0.95, nesterov=True, weight_decay=0.1).step()
    _Muon({"momentum": 0.95, "nesterov": True}, [ours], {"weight_decay": 0.1})(0, 0.1)
    return float((theirs - ours).detach().norm() / (ours.detach() - start).norm())


def _schedules():
    """torch.optim.lr_scheduler's, stepped once a step."""
    from torch.optim import lr_scheduler as s

    def steps(n):
        return f"{n} steps"

    cosine = {"kind": "cosine", "floor": 0.0}
    rows = (
        ("constant", {"kind": "constant"}, lambda o: s.ConstantLR(o, 1.0)),
        (
            "multistep",
            {"kind": "multistep", "milestones": [steps(15), steps(30)], "factor": 0.2},
            lambda o: s.MultiStepLR(o, [15, 30], 0.2),
        ),
        ("cosine", cosine, lambda o: s.CosineAnnealingLR(o, STEPS)),
        (
            "cosine-floor",
            {"kind": "cosine", "floor": 0.025},
            lambda o: s.CosineAnnealingLR(o, STEPS, eta_min=0.01),
        ),
        (
            "polynomial",
            {"kind": "polynomial", "power": 2.0, "floor": 0.0},
            lambda o: s.PolynomialLR(o, STEPS, 2.0),
        ),
        (
            "linear",
            {"kind": "polynomial", "power": 1.0, "floor": 0.1},
            lambda o: s.LinearLR(o, 1.0, 0.1, STEPS),
        ),
        (
            "exponential",
            {"kind": "exponential", "factor": 0.95, "every": steps(1)},
            lambda o: s.ExponentialLR(o, 0.95),
        ),
        (
            "exponential-stairs",
            {"kind": "exponential", "factor": 0.5, "every": steps(10)},
            lambda o: s.StepLR(o, 10, 0.5),
        ),
        (
            "onecycle",
            {"kind": "onecycle", "rise": 0.3, "start": 0.04, "end": 4e-6, "cosine": True},
            # div_factor 25; the end is start / final_div_factor.
            lambda o: s.OneCycleLR(o, 0.4, total_steps=STEPS, cycle_momentum=False),
        ),
        (
            "onecycle-linear",
            {"kind": "onecycle", "rise": 0.4, "start": 0.1, "end": 0.01, "cosine": False},
            lambda o: s.OneCycleLR(
                o,
                0.4,
                total_steps=STEPS,
                pct_start=0.4,
                anneal_strategy="linear",
                div_factor=10,
                final_div_factor=10,
                cycle_momentum=False,
            ),
        ),
        (
            "warmup-cosine",
            {"kind": "warmup", "length": steps(10), "start": 0.01, "then": cosine},
            _warmed(lambda o: s.CosineAnnealingLR(o, 40)),
        ),
        (
            "warmup-multistep",
            {
                "kind": "warmup",
                "length": steps(10),
                "start": 0.01,
                "then": {"kind": "multistep", "milestones": [steps(25)], "factor": 0.1},
            },
            _warmed(lambda o: s.MultiStepLR(o, [15], 0.1)),
        ),
        (
            "warmup-polynomial",
            {
                "kind": "warmup",
                "length": steps(10),
                "start": 0.01,
                "then": {"kind": "polynomial", "power": 0.9, "floor": 0.0},
            },
            _warmed(lambda o: s.PolynomialLR(o, 40, 0.9)),
        ),
        (
            "warmup-exponential",
            {
                "kind": "warmup",
                "length": steps(10),
                "start": 0.01,
                "then": {"kind": "exponential", "factor": 0.9, "every": steps(1)},
            },
            _warmed(lambda o: s.ExponentialLR(o, 0.9)),
        ),
    )
    for name, schedule, make in rows:
        optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 0.4)
        scheduler = make(optimiser)
        rates = []
        for _ in range(STEPS):
            rates.append(float(optimiser.param_groups[0]["lr"]))
            optimiser.step()
            scheduler.step()
        yield {"name": name, "schedule": schedule, "rate": 0.4, "total": STEPS, "rates": rates}
    yield _plateau()


def _warmed(main):
    from torch.optim import lr_scheduler as s

    return lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.01, total_iters=10), main(o)], [10])


def _plateau():
    """Each step stands for an epoch; "measured" is the accuracy after it."""
    from torch.optim import lr_scheduler as s

    measured = [0.5 + 0.4 * (1 - math.exp(-t / 6)) + 0.004 * math.sin(7 * t) for t in range(STEPS)]
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 0.4)
    scheduler = s.ReduceLROnPlateau(
        optimiser, "max", factor=0.5, patience=3, threshold=0.002, threshold_mode="abs", min_lr=0.01
    )
    rates = []
    for t in range(STEPS):
        rates.append(float(optimiser.param_groups[0]["lr"]))
        optimiser.step()
        scheduler.step(measured[t])
    schedule = {"kind": "plateau", "factor": 0.5, "patience": 3, "threshold": 0.002, "floor": 0.025}
    return {
        "name": "plateau",
        "schedule": schedule,
        "rate": 0.4,
        "total": STEPS,
        "rates": rates,
        "measured": measured,
    }


if __name__ == "__main__":
    print("Muon, torch.optim's against this file's, relative to the step:", check_muon())
