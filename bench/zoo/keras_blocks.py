"""Blocks that our own Keras definitions are made of."""

from __future__ import annotations

from typing import Any

__all__ = ["channel_shuffle", "classify", "conv", "depthwise", "inverted_residual", "model", "separable", "upsample"]

Shape = tuple[int, ...]
Size = int | Shape


def model(shape: Shape) -> tuple[Any, Any]:
    """An input of that shape, batch included, and what makes a model of it and its outputs."""
    import keras

    given = keras.Input(shape=shape[1:])
    return given, lambda outputs: keras.Model(given, outputs)


def conv(x: Any, filters: int, size: Size = 3, strides: Size = 1, activation: str | None = "relu", **more: Any) -> Any:
    """A convolution, normalized and activated."""
    from keras import layers

    x = layers.Conv2D(filters, size, strides, padding="same", use_bias=False, **more)(x)
    return _finish(x, activation)


def depthwise(x: Any, size: Size = 3, strides: Size = 1, activation: str | None = "relu", dilation: int = 1) -> Any:
    """A depthwise convolution, normalized and activated."""
    from keras import layers

    x = layers.DepthwiseConv2D(size, strides, padding="same", use_bias=False, dilation_rate=dilation)(x)
    return _finish(x, activation)


def separable(x: Any, filters: int, size: Size = 3, strides: Size = 1, dilation: int = 1) -> Any:
    """A depthwise convolution, then one of one pixel."""
    return conv(depthwise(x, size, strides, dilation=dilation), filters, 1)


def inverted_residual(x: Any, filters: int, expansion: int, size: int = 3, strides: int = 1) -> Any:
    """MobileNetV2's block: widen, filter each channel, narrow; added to its input where the shapes are equal."""
    from keras import layers

    channels = x.shape[-1]
    inner = conv(x, channels * expansion, 1, activation="relu6") if expansion > 1 else x
    inner = depthwise(inner, size, strides, activation="relu6")
    inner = conv(inner, filters, 1, activation=None)
    return layers.Add()([x, inner]) if strides == 1 and channels == filters else inner


def channel_shuffle(x: Any, groups: int = 2) -> Any:
    """ShuffleNet's: the channels of the groups, taken in turn."""
    from keras import layers

    height, width, channels = x.shape[1:]
    x = layers.Reshape((height, width, groups, channels // groups))(x)
    x = layers.Permute((1, 2, 4, 3))(x)
    return layers.Reshape((height, width, channels))(x)


def upsample(x: Any, factor: Size = 2, how: str = "nearest") -> Any:
    """More pixels of the same values, or of those between them."""
    from keras import layers

    return layers.UpSampling2D(factor, interpolation=how)(x)


def classify(x: Any, classes: int) -> Any:
    """The mean over pixels, then shares of classes."""
    from keras import layers

    x = layers.GlobalAveragePooling2D()(x)
    return layers.Softmax()(layers.Dense(classes)(x))


def _finish(x: Any, activation: str | None) -> Any:
    from keras import layers

    x = layers.BatchNormalization()(x)
    return layers.Activation(activation)(x) if activation else x
