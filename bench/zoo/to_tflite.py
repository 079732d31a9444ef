"""Builds one network of the tables and quantizes it to int8 TFLite: python to_tflite.py NAME OUT.tflite

Its weights are random but sound: kernels drawn for their fan-in (He et al.), and normalizations calibrated on a batch
of smooth random inputs, so that activations neither vanish nor explode. The result is run once, and refused if an
activation of it is constant or if much of one saturates.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import tensorflow as tf
from entries import Entry, keras_entries
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

BATCH = 4  # inputs that normalizations are calibrated on
SAMPLES = 3  # inputs that the quantizer sees
LOGITS = 3.0  # factor on the last layer's weights, so that shares of classes differ
SATURATED = 0.2  # largest share of an activation at its highest value
SEED = 20261001
Array = np.ndarray[Any, Any]


def main() -> int:
    """Writes the network named on the command line."""
    name, out = sys.argv[1:]
    entry = next(each for each in keras_entries() if each.name == name)
    keras.utils.set_random_seed(SEED)
    generator = np.random.default_rng(SEED)
    model = entry.make()
    initialize(model, generator)
    calibrate(model, np.concatenate([sample(entry, generator) for _ in range(BATCH)]))
    data = quantize(model, entry, generator)
    fault = unsound(data, entry, generator)
    if fault:
        print(f"{name}: {fault}", file=sys.stderr)
        return 1
    Path(out).write_bytes(data)
    return 0


def sample(entry: Entry, generator: np.random.Generator) -> Array:
    """One random input, smooth over the first dimension after the batch, in [-scale, scale)."""
    drawn = generator.uniform(-1, 1, entry.shape)
    if len(entry.shape) > 2:
        drawn = (drawn + np.roll(drawn, 1, 1) + np.roll(drawn, 2, 1)) / 3
    return (entry.scale * (drawn / np.abs(drawn).max())).astype(np.float32)


def initialize(model: Any, generator: np.random.Generator) -> None:
    """Kernels of variance 2 over their fan-in; the last of them LOGITS times as large."""
    layers = list(model._flatten_layers())
    kinds = (keras.layers.Dense, keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    for layer in layers:
        if isinstance(layer, kinds):
            shape = tuple(layer.kernel.shape)
            fan_in = int(np.prod(shape[:2] if isinstance(layer, keras.layers.DepthwiseConv2D) else shape[:-1]))
            layer.kernel.assign(generator.normal(0, (2 / fan_in) ** 0.5, shape))
    last = [layer for layer in layers if isinstance(layer, kinds)][-1]
    last.kernel.assign(LOGITS * last.kernel)


def calibrate(model: Any, batch: Array) -> None:
    """Sets what normalizations remember to the mean and variance of `batch`."""
    found = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in found:
        layer.momentum = 0.0
    if found:
        model(batch, training=True)


def quantize(model: Any, entry: Entry, generator: np.random.Generator) -> bytes:
    """The network as TFLite, int8 throughout, for a batch of one."""
    inferred = tf.function(lambda x: model(x, training=False))
    traced = inferred.get_concrete_function(tf.TensorSpec(entry.shape, tf.float32))
    frozen = convert_variables_to_constants_v2(traced)  # the calibrator runs no variables
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample(entry, generator)] for _ in range(SAMPLES))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def unsound(data: bytes, entry: Entry, generator: np.random.Generator) -> str:
    """What is wrong with the activations of one run; empty if nothing is."""
    interpreter = tf.lite.Interpreter(
        model_content=data,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    scale, zero = given["quantization"]
    quantized = np.clip(np.round(sample(entry, generator) / scale + zero), -128, 127)
    interpreter.set_tensor(given["index"], quantized.astype(np.int8))
    interpreter.invoke()
    for name, value in _activations(interpreter):
        if value.size >= 16 and value.min() == value.max():
            return f"{name} is constant"
        if value.size >= 256 and (value == 127).mean() > SATURATED:
            return f"{name} saturates: {(value == 127).mean():.0%} of it"
    return ""


def _activations(interpreter: Any) -> Iterator[tuple[str, Array]]:
    names = {each["index"]: each["name"] for each in interpreter.get_tensor_details()}
    for operation in interpreter._get_ops_details():
        for index in operation["outputs"]:
            value = interpreter.get_tensor(index)
            if value.dtype == np.int8:
                yield names[index], value


if __name__ == "__main__":
    sys.exit(main())
