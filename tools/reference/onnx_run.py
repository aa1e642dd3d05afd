#!/usr/bin/env python3
"""Runs exported networks in ONNX Runtime and compares them with ours.

    $RESNET4J_PYTHON tools/reference/onnx_run.py FOLDER...

Needs onnx and onnxruntime. A folder is OnnxDump's: files *.onnx of one network, and run.safetensors
with images1, logits1, images7, logits7. Checks each file (onnx.checker, with shape inference) and
prints a line for it: the folder's name, the file's, and for each batch the distance of the logits from
ours over the length of ours; or what failed, with the exit status 1 at the end.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

import safetensors_file

BATCHES = (1, 7)


def distances(model, run):
    onnx.checker.check_model(str(model), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(str(model), options)
    for batch in BATCHES:
        images = run[f"images{batch}"].astype(np.float32)
        logits = session.run(["logits"], {"images": images})[0].astype(np.float64)
        expected = run[f"logits{batch}"]
        spread = np.linalg.norm(expected - expected.mean(axis=0)) / np.linalg.norm(expected)
        if not np.isfinite(expected).all() or batch > 1 and spread < 1e-3:
            raise ValueError(f"batch {batch}: logits that tell nothing, {spread:.1e} apart")
        yield np.linalg.norm(logits - expected) / np.linalg.norm(expected)


def main(folders):
    failed = 0
    for folder in map(pathlib.Path, folders):
        run, _ = safetensors_file.read(folder / "run.safetensors")
        for model in sorted(folder.glob("*.onnx")):
            try:
                figures = " ".join(f"{d:.3e}" for d in distances(model, run))
            except Exception as e:  # of any kind: the other files are still to be checked
                failed = 1
                figures = "failed: " + str(e).replace("\n", " ")
            print(folder.name, model.stem, figures, flush=True)
    return failed


sys.exit(main(sys.argv[1:]))
