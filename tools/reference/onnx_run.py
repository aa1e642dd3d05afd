#!/usr/bin/env python3
"""Runs an exported network in ONNX Runtime and compares it with ours.

    $RESNET4J_PYTHON tools/reference/onnx_run.py model.onnx run.safetensors

Needs onnx and onnxruntime. `run.safetensors` is OnnxDump's: images1, logits1, images7, logits7.
Checks the file (onnx.checker, with shape inference) and prints, a line per batch, `batch N` and the
distance of the logits from ours over the length of ours.
"""

import sys

import numpy as np
import onnx
import onnxruntime

import safetensors_file


def main(model, run):
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model, options)
    ours, _ = safetensors_file.read(run)
    for batch in (1, 7):
        images = ours[f"images{batch}"].astype(np.float32)
        logits = session.run(["logits"], {"images": images})[0].astype(np.float64)
        expected = ours[f"logits{batch}"]
        spread = np.linalg.norm(expected - expected.mean(axis=0)) / np.linalg.norm(expected)
        if not np.isfinite(expected).all() or batch > 1 and spread < 1e-3:
            sys.exit(f"batch {batch}: logits that tell nothing, {spread:.1e} apart")
        print(f"batch {batch} {np.linalg.norm(logits - expected) / np.linalg.norm(expected):.3e}")


main(*sys.argv[1:])
