"""Goldens of every block design: one step and one evaluation of the networks of designs.py.

Content of designs.json.gz: {"about", "designs": {name: {"spec", "batch", "tensors": {name:
digest}}}}, names and digests as in make_goldens.py: "loss", "logits", "eval.logits", "grad.PATH".
"""

import torch

import designs
import digest
import fills
import runs

BATCH = 4


def golden(name):
    spec, model = designs.build(name)
    shapes = {
        k: tuple(v.shape)
        for k, v in model.state_dict().items()
        if not k.endswith("num_batches_tracked")
    }
    state = fills.state(runs.SEED, shapes)
    model.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in state.items()}, strict=False)
    shape = (BATCH, spec["channels"], spec["height"], spec["width"])
    x = torch.from_numpy(fills.tensor(runs.SEED, "input", shape))
    y = torch.from_numpy(fills.labels(runs.SEED, BATCH, spec["classes"]))
    out = {}
    with torch.no_grad():
        out["eval.logits"] = model.eval()(x)
    x.requires_grad_(True)
    logits = model.train()(x)
    loss = torch.nn.functional.cross_entropy(logits, y)
    loss.backward()
    out["loss"], out["logits"], out["grad.input"] = loss.reshape(1), logits, x.grad
    for path, parameter in model.named_parameters():
        if parameter.grad is not None:
            out[f"grad.{path}"] = parameter.grad
    return {
        "spec": spec,
        "batch": BATCH,
        "tensors": {
            k: digest.digest(runs.SEED, k, v.detach().numpy(), whole=k.endswith("logits"))
            for k, v in out.items()
        },
    }


def all_goldens():
    return {name: golden(name) for name in designs.DESIGNS}
