"""Detectors without their non-maximum suppression, our own definitions: one or several maps of boxes and scores."""

from __future__ import annotations

from typing import Any

from entries import Entry
from keras_blocks import conv, depthwise, inverted_residual, model, separable, upsample

__all__ = ["ENTRIES"]

Shape = tuple[int, ...]


def _tiny_yolo_v2(shape: Shape) -> Any:
    """Redmon and Farhadi's small chain."""
    from keras import layers

    x, made = model(shape)
    for width in (16, 32, 64, 128, 256):
        x = layers.MaxPooling2D(2)(conv(x, width, activation="leaky_relu"))
    x = layers.MaxPooling2D(2, 1, padding="same")(conv(x, 512, activation="leaky_relu"))
    x = conv(conv(x, 1024, activation="leaky_relu"), 512, activation="leaky_relu")
    return made(layers.Conv2D(125, 1)(x))


def _tiny_yolo_v4(shape: Shape) -> Any:
    """Bochkovskiy et al.'s small network: half of the channels through a block, all of them joined."""
    from keras import layers

    x, made = model(shape)
    x = conv(conv(x, 32, 3, 2, "leaky_relu"), 64, 3, 2, "leaky_relu")
    for width in (64, 128, 256):
        whole = conv(x, width, activation="leaky_relu")
        first = conv(whole[..., width // 2 :], width // 2, activation="leaky_relu")
        second = conv(first, width // 2, activation="leaky_relu")
        skip = conv(layers.Concatenate()([second, first]), width, 1, activation="leaky_relu")
        x = layers.MaxPooling2D(2)(layers.Concatenate()([whole, skip]))
    x = conv(conv(x, 512, activation="leaky_relu"), 256, 1, activation="leaky_relu")
    coarse = layers.Conv2D(255, 1)(conv(x, 512, activation="leaky_relu"))
    fine = layers.Concatenate()([upsample(conv(x, 128, 1, activation="leaky_relu")), skip])
    return made([coarse, layers.Conv2D(255, 1)(conv(fine, 256, activation="leaky_relu"))])


def _face_block(x: Any, filters: int, strides: int = 1) -> Any:
    from keras import layers

    inner = conv(depthwise(x, 5, strides, activation=None), filters, 1, activation=None)
    short = x if strides == 1 else layers.MaxPooling2D(2)(x)
    if short.shape[-1] < filters:
        short = layers.Lambda(_more_channels(filters - short.shape[-1]))(short)
    return layers.Activation("relu")(layers.Add()([inner, short]))


def _more_channels(count: int) -> Any:
    import tensorflow

    return lambda value: tensorflow.pad(value, [[0, 0], [0, 0], [0, 0], [0, count]])


def _face_detector(shape: Shape) -> Any:
    """Bazarevsky et al.'s kind of network: residuals whose channels are padded, two maps of boxes."""
    from keras import layers

    x, made = model(shape)
    x = conv(x, 24, 5, 2)
    for filters, strides in ((24, 1), (28, 1), (32, 2), (36, 1), (42, 1), (48, 2), (56, 1), (64, 1), (72, 1), (80, 1)):
        x = _face_block(x, filters, strides)
    fine = x = _face_block(x, 88)
    for strides in (2, 1, 1, 1):
        x = _face_block(x, 96, strides)
    maps = [layers.Conv2D(count * 17, 1)(value) for value, count in ((fine, 2), (x, 6))]
    boxes = [layers.Reshape((-1, 17))(each) for each in maps]
    return made(layers.Concatenate(axis=1)(boxes))


def _single_shot(shape: Shape, classes: int) -> Any:
    """Liu et al.'s detector with a feature pyramid on MobileNetV1, heads shared in form over five scales."""
    import keras
    from keras import layers

    names = ("conv_pw_5_relu", "conv_pw_11_relu", "conv_pw_13_relu")
    body = keras.applications.MobileNet(input_shape=shape[1:], include_top=False, weights=None, alpha=0.75)
    c3, c4, c5 = (body.get_layer(name).output for name in names)
    p5 = layers.Conv2D(96, 1)(c5)
    p4 = layers.Add()([upsample(p5), layers.Conv2D(96, 1)(c4)])
    p3 = layers.Add()([upsample(p4), layers.Conv2D(96, 1)(c3)])
    p6 = conv(p5, 96, 3, 2)
    scores, boxes = [], []
    for x in (p3, p4, p5, p6, conv(p6, 96, 3, 2)):
        x = separable(separable(x, 96), 96)
        scores.append(layers.Reshape((-1, classes))(layers.Conv2D(6 * classes, 3, padding="same")(x)))
        boxes.append(layers.Reshape((-1, 4))(layers.Conv2D(24, 3, padding="same")(x)))
    joined = [layers.Concatenate(axis=1)(scores), layers.Concatenate(axis=1)(boxes)]
    return keras.Model(body.input, [layers.Activation("sigmoid")(joined[0]), joined[1]])


def _centers(shape: Shape, classes: int) -> Any:
    """Zhou et al.'s: a map of centers, one of sizes and one of offsets, from features brought up again."""
    from keras import layers

    x, made = model(shape)
    x = inverted_residual(conv(x, 16, 3, 2), 16, 1)
    skips = []
    for filters, count in ((24, 2), (32, 3), (64, 4), (96, 3)):
        for block in range(count):
            x = inverted_residual(x, filters, 4, strides=1 if block else 2)
        skips.append(x)
    for skip in reversed(skips[:-1]):
        x = layers.Add()([upsample(conv(x, 48, 1)), conv(skip, 48, 1)])
    maps = [layers.Conv2D(count, 1)(separable(x, 48)) for count in (classes, 2, 2)]
    return made([layers.Activation("sigmoid")(maps[0]), *maps[1:]])


def _fused(parts: list[Any], width: int) -> Any:
    from keras import layers

    return separable(layers.Activation("swish")(layers.Add()(parts)), width)


def _both_ways(scales: list[Any], width: int) -> list[Any]:
    """Tan et al.'s pyramid: down the scales, then up again with what came in."""
    from keras import layers

    down = [scales[-1]]
    for scale in reversed(scales[:-1]):
        down.insert(0, _fused([scale, upsample(down[0])], width))
    made = [down[0]]
    for scale, inner in zip(scales[1:], down[1:], strict=True):
        halved = layers.MaxPooling2D(3, 2, padding="same")(made[-1])
        made.append(_fused([scale, halved] if inner is scale else [scale, inner, halved], width))
    return made


def _two_way_pyramid(shape: Shape, width: int, count: int, classes: int) -> Any:
    """Tan et al.'s detector on inverted residuals: `count` pyramids of five scales, then heads at each scale."""
    from keras import layers

    x, made = model(shape)
    x = inverted_residual(conv(x, 16, 3, 2), 16, 1)
    scales = []
    for filters, blocks in ((24, 2), (40, 2), (80, 3), (160, 3)):
        for block in range(blocks):
            x = inverted_residual(x, filters, 4, strides=1 if block else 2)
        scales.append(x)
    scales = [conv(each, width, 1, activation=None) for each in scales[1:]]
    for _ in range(2):
        scales.append(layers.MaxPooling2D(3, 2, padding="same")(scales[-1]))
    for _ in range(count):
        scales = _both_ways(scales, width)
    scores = [layers.Reshape((-1, classes))(layers.Conv2D(9 * classes, 1)(separable(x, width))) for x in scales]
    boxes = [layers.Reshape((-1, 4))(layers.Conv2D(9 * 4, 1)(separable(x, width))) for x in scales]
    return made([layers.Activation("sigmoid")(layers.Concatenate(axis=1)(scores)), layers.Concatenate(axis=1)(boxes)])


def _split_block(x: Any, filters: int, count: int, adds: bool) -> Any:
    """Half of the channels through residuals; all that came of them is joined."""
    from keras import layers

    x = conv(x, filters, 1, activation="swish")
    parts = [x[..., : filters // 2], x[..., filters // 2 :]]
    for _ in range(count):
        inner = conv(conv(parts[-1], filters // 2, activation="swish"), filters // 2, activation="swish")
        parts.append(layers.Add()([parts[-1], inner]) if adds else inner)
    return conv(layers.Concatenate()(parts), filters, 1, activation="swish")


def _path_aggregation(shape: Shape, width: int, classes: int) -> Any:
    """Jocher et al.'s kind of network: split blocks, pools one after the other, features joined down and up again."""
    from keras import layers

    x, made = model(shape)
    x = conv(x, width, 3, 2, "swish")
    scales = []
    for stage, count in enumerate((1, 2, 2, 1)):
        filters = width << (stage + 1)
        x = _split_block(conv(x, filters, 3, 2, "swish"), filters, count, True)
        scales.append(x)
    pools = [conv(x, 4 * width, 1, activation="swish")]
    for _ in range(3):
        pools.append(layers.MaxPooling2D(5, 1, padding="same")(pools[-1]))
    _, c3, c4, _ = scales
    p5 = conv(layers.Concatenate()(pools), 16 * width, 1, activation="swish")
    p4 = _split_block(layers.Concatenate()([upsample(p5), c4]), 8 * width, 1, False)
    p3 = _split_block(layers.Concatenate()([upsample(p4), c3]), 4 * width, 1, False)
    n4 = _split_block(layers.Concatenate()([conv(p3, 4 * width, 3, 2, "swish"), p4]), 8 * width, 1, False)
    n5 = _split_block(layers.Concatenate()([conv(n4, 8 * width, 3, 2, "swish"), p5]), 16 * width, 1, False)
    maps = [layers.Conv2D(64 + classes, 1)(conv(each, 4 * width, activation="swish")) for each in (p3, n4, n5)]
    return made(layers.Concatenate(axis=1)([layers.Reshape((-1, 64 + classes))(each) for each in maps]))


def _entry(name: str, shape: Shape, make: Any, *values: Any) -> Entry:
    return Entry(name, "detection", "keras", shape, lambda: make(shape, *values), own=True)


ENTRIES = (
    _entry("own_tiny_yolov2_416", (1, 416, 416, 3), _tiny_yolo_v2),
    _entry("own_tiny_yolov4_416", (1, 416, 416, 3), _tiny_yolo_v4),
    _entry("own_blazeface_128", (1, 128, 128, 3), _face_detector),
    _entry("own_ssd_mbv1_fpn_320", (1, 320, 320, 3), _single_shot, 20),
    _entry("own_bifpn_256", (1, 256, 256, 3), _two_way_pyramid, 64, 3, 20),
    _entry("own_pan_320", (1, 320, 320, 3), _path_aggregation, 16, 20),
    _entry("own_centernet_256", (1, 256, 256, 3), _centers, 20),
)
