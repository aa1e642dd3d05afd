#!/usr/bin/env python3
"""Accuracy of an exported network in ONNX Runtime on a file of CIFAR-10's binary records.

    $RESNET4J_PYTHON tools/reference/onnx_accuracy.py model.onnx test_batch.bin

Pictures are normalised as the file's metadata 'preprocessing' say. Prints the share that is right.
"""

import json
import sys

import numpy as np
import onnxruntime


def main(model, records):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model, options)
    texts = session.get_modelmeta().custom_metadata_map
    raw = np.fromfile(records, dtype=np.uint8).reshape(-1, 3073)
    images = raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255
    images = normalised(images, json.loads(texts["preprocessing"])["normalisation"])
    right = 0
    for start in range(0, len(images), 250):
        logits = session.run(["logits"], {"images": images[start : start + 250]})[0]
        right += int((logits.argmax(axis=1) == raw[start : start + 250, 0]).sum())
    print(right / len(images))


def normalised(images, how):
    mean = np.asarray(how["mean"], dtype=np.float32)
    deviation = np.asarray(how["std"], dtype=np.float32)
    each = (1, -1, 1, 1)
    return (images - mean.reshape(each)) / deviation.reshape(each)


main(*sys.argv[1:])
