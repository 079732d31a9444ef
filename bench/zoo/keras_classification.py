"""Our own definitions of classifiers: ResNets, GoogLeNet, ShuffleNet, DenseNet-BC, transformers, MLPerf-Tiny-like."""

from __future__ import annotations

from typing import Any

from entries import Entry
from keras_blocks import channel_shuffle, classify, conv, depthwise, inverted_residual, model

__all__ = ["ENTRIES"]

Shape = tuple[int, ...]


def _residual(x: Any, filters: int, strides: int, activation: str | None = "relu") -> Any:
    from keras import layers

    short = x if strides == 1 and x.shape[-1] == filters else conv(x, filters, 1, strides, activation=None)
    inner = conv(conv(x, filters, 3, strides), filters, activation=None)
    x = layers.Add()([short, inner])
    return layers.Activation(activation)(x) if activation else x


def _resnet(shape: Shape, blocks: tuple[int, ...], width: int, classes: int, large: bool) -> Any:
    """He et al.'s network of basic blocks; for large images with a stem that divides the sides by four."""
    from keras import layers

    x, made = model(shape)
    x = layers.MaxPooling2D(3, 2, padding="same")(conv(x, width, 7, 2)) if large else conv(x, width)
    for stage, count in enumerate(blocks):
        for block in range(count):
            x = _residual(x, width << stage, 2 if stage and not block else 1)
    return made(classify(x, classes))


def _googlenet(shape: Shape) -> Any:
    """Szegedy et al.'s network with normalization, and without the auxiliary classifiers."""
    from keras import layers

    x, made = model(shape)
    x = layers.MaxPooling2D(3, 2, padding="same")(conv(x, 64, 7, 2))
    x = layers.MaxPooling2D(3, 2, padding="same")(conv(conv(x, 64, 1), 192))
    widths = ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), None, (192, 96, 208, 16, 48, 64))
    widths += ((160, 112, 224, 24, 64, 64), (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128), None)
    widths += ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128))
    for width in widths:
        if width is None:
            x = layers.MaxPooling2D(3, 2, padding="same")(x)
            continue
        a, b1, b, c1, c, d = width
        pooled = layers.MaxPooling2D(3, 1, padding="same")(x)
        parts = [conv(x, a, 1), conv(conv(x, b1, 1), b), conv(conv(x, c1, 1), c), conv(pooled, d, 1)]
        x = layers.Concatenate()(parts)
    return made(classify(x, 1000))


def _shufflenet(shape: Shape, widths: tuple[int, int, int]) -> Any:
    """Ma et al.'s second version: half of the channels pass through."""
    from keras import layers

    x, made = model(shape)
    x = layers.MaxPooling2D(3, 2, padding="same")(conv(x, 24, 3, 2))
    for width, count in zip(widths, (4, 8, 4), strict=True):
        left = conv(depthwise(x, 3, 2, activation=None), width // 2, 1)
        right = conv(depthwise(conv(x, width // 2, 1), 3, 2, activation=None), width // 2, 1)
        x = channel_shuffle(layers.Concatenate()([left, right]))
        for _ in range(count - 1):
            left, right = x[..., : width // 2], x[..., width // 2 :]
            right = conv(depthwise(conv(right, width // 2, 1), activation=None), width // 2, 1)
            x = channel_shuffle(layers.Concatenate()([left, right]))
    return made(classify(conv(x, 1024, 1), 1000))


def _densenet_bc(shape: Shape, depth: int, growth: int) -> Any:
    """Huang et al.'s network for small images: three dense blocks of narrow layers."""
    from keras import layers

    x, made = model(shape)
    x = conv(x, 2 * growth, activation=None)
    for block in range(3):
        for _ in range(depth):
            inner = layers.Activation("relu")(layers.BatchNormalization()(x))
            inner = layers.Conv2D(growth, 3, padding="same", use_bias=False)(conv(inner, 4 * growth, 1))
            x = layers.Concatenate()([x, inner])
        if block < 2:
            x = layers.AveragePooling2D(2)(conv(x, x.shape[-1] // 2, 1))
    return made(classify(x, 10))


def _patchwise(shape: Shape, patch: int, width: int, depth: int, heads: int) -> Any:
    """A vision transformer, or with no heads a mixer: patches, then blocks over patches and over channels."""
    from keras import layers

    x, made = model(shape)
    x = layers.Conv2D(width, patch, patch)(x)
    count = x.shape[1] * x.shape[2]
    x = layers.Reshape((count, width))(x)
    for _ in range(depth):
        inner = layers.LayerNormalization()(x)
        if heads:
            inner = layers.MultiHeadAttention(heads, width // heads, flash_attention=False)(inner, inner)
        else:
            inner = layers.Permute((2, 1))(inner)
            inner = layers.Dense(count)(layers.Dense(count * 2, activation="relu")(inner))
            inner = layers.Permute((2, 1))(inner)
        x = layers.Add()([x, inner])
        inner = layers.Dense(width * 4, activation="relu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(width)(inner)])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return made(layers.Softmax()(layers.Dense(100)(x)))


def _microcontroller(shape: Shape, classes: int) -> Any:
    """Inverted residuals of several kernel sizes, as searches for microcontrollers find them."""
    x, made = model(shape)
    x = inverted_residual(conv(x, 16, 3, 2, activation="relu6"), 8, 1)
    found = ((16, 3, 7, 2, 2), (24, 4, 3, 2, 3), (40, 5, 5, 2, 3), (48, 4, 7, 1, 2), (96, 5, 5, 2, 3))
    for filters, expansion, size, strides, count in found:
        for block in range(count):
            x = inverted_residual(x, filters, expansion, size, 1 if block else strides)
    return made(classify(x, classes))


def _autoencoder(shape: Shape) -> Any:
    """MLPerf Tiny's kind of anomaly detector, deeper: a spectrum through a narrow layer and back."""
    from keras import layers

    x, made = model(shape)
    for width in (256, 256, 128, 64, 8, 64, 128, 256, 256):
        x = layers.Activation("relu")(layers.BatchNormalization()(layers.Dense(width)(x)))
    return made(layers.Dense(shape[-1])(x))


def _entry(name: str, shape: Shape, make: Any, *values: Any) -> Entry:
    return Entry(name, "classification", "keras", shape, lambda: make(shape, *values), own=True)


ENTRIES = (
    _entry("own_resnet18_224", (1, 224, 224, 3), _resnet, (2, 2, 2, 2), 64, 1000, True),
    _entry("own_resnet20_32", (1, 32, 32, 3), _resnet, (3, 3, 3), 16, 10, False),
    _entry("own_googlenet_224", (1, 224, 224, 3), _googlenet),
    _entry("own_shufflenet_v2_050_224", (1, 224, 224, 3), _shufflenet, (48, 96, 192)),
    _entry("own_densenet_bc_100_32", (1, 32, 32, 3), _densenet_bc, 16, 12),
    _entry("own_vit_micro_96", (1, 96, 96, 3), _patchwise, 12, 96, 6, 3),
    _entry("own_mixer_micro_96", (1, 96, 96, 3), _patchwise, 12, 96, 6, 0),
    _entry("own_mcunet_176", (1, 176, 176, 3), _microcontroller, 1000),
    _entry("own_vww_microcontroller_96", (1, 96, 96, 3), _microcontroller, 2),
    _entry("own_anomaly_autoencoder_640", (1, 640), _autoencoder),
)
