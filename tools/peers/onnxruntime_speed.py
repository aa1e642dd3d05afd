#!/usr/bin/env python3
"""Measures ONNX Runtime's inference on the CPU, in f32 or in int8 (QDQ).

    $RESNET4J_PYTHON tools/peers/onnxruntime_speed.py --onnx model.onnx --precision int8 --batch 1

The file is one of ./resnet4j export with folded batch norms. For int8 it is quantised first, as
onnxruntime.quantization does it at its best: static, QDQ, u8 activations, s8 weights for each
channel, calibrated on a few drawn pictures; the result is kept beside the file. All graph
optimisations, --threads threads within operators, spinning as by default. Prints one JSON line.
"""

import argparse
import json
import pathlib
import resource
import statistics
import time

import numpy as np
import onnxruntime


def main():
    args = arguments()
    file = pathlib.Path(args.onnx)
    if args.precision == "int8":
        file = quantised(file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    shape = [args.batch] + given.shape[1:]
    random = np.random.default_rng(0)
    images = [random.standard_normal(shape).astype(np.float32) for _ in range(2)]
    seconds = []
    for i in range(-args.warmup, args.steps):
        start = time.perf_counter()
        session.run(None, {given.name: images[i % 2]})
        if i >= 0:
            seconds.append(time.perf_counter() - start)
    result = {
        "peer": "onnxruntime",
        "version": onnxruntime.__version__,
        "batch": args.batch,
        "precision": args.precision,
        "threads": args.threads,
        "images_per_s_median": args.batch / statistics.median(seconds),
        "images_per_s_best": args.batch / min(seconds),
        "peak_rss_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(result))


def quantised(file):
    """The QDQ file beside ``file``, made if it is not there."""
    made = file.with_suffix(".qdq.onnx")
    if made.exists():
        return made
    from onnxruntime import quantization
    from onnxruntime.quantization import shape_inference

    prepared = file.with_suffix(".prepared.onnx")
    shape_inference.quant_pre_process(str(file), str(prepared))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    random = np.random.default_rng(1)

    class Drawn(quantization.CalibrationDataReader):
        left = 4

        def get_next(self):
            self.left -= 1
            if self.left < 0:
                return None
            return {given.name: random.standard_normal([2] + given.shape[1:]).astype(np.float32)}

    quantization.quantize_static(
        str(prepared),
        str(made),
        Drawn(),
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        reduce_range=False,
    )
    return made


def arguments():
    parser = argparse.ArgumentParser(description="Measures ONNX Runtime's inference on the CPU.")
    parser.add_argument("--onnx", required=True)
    parser.add_argument("--precision", default="f32", choices=("f32", "int8"))
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--steps", type=int, default=50)
    return parser.parse_args()


if __name__ == "__main__":
    main()
