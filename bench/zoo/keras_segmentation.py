"""Networks whose output is an image, our own definitions: segmentation, super-resolution, denoising, pose."""

from __future__ import annotations

from typing import Any

from entries import Entry
from keras_blocks import conv, inverted_residual, model, separable, upsample

__all__ = ["ENTRIES"]

Shape = tuple[int, ...]


def _backbone(shape: Shape, kind: str, names: tuple[str, ...], **options: Any) -> tuple[Any, list[Any]]:
    """A classifier of keras.applications without its head: its input, and the values of some of its layers."""
    import keras

    made = getattr(keras.applications, kind)(input_shape=shape[1:], include_top=False, weights=None, **options)
    return made.input, [made.get_layer(name).output for name in names]


def _deeplab(shape: Shape, classes: int) -> Any:
    """Chen et al.'s third version with a decoder, on MobileNetV2: dilated convolutions side by side."""
    import keras
    from keras import layers

    given, (fine, coarse) = _backbone(shape, "MobileNetV2", ("block_3_expand_relu", "block_12_add"), alpha=0.5)
    parts = [conv(coarse, 96, 1), *(separable(coarse, 96, dilation=rate) for rate in (2, 4, 6))]
    pooled = conv(layers.GlobalAveragePooling2D(keepdims=True)(coarse), 96, 1)
    parts.append(upsample(pooled, tuple(coarse.shape[1:3])))
    x = conv(layers.Concatenate()(parts), 96, 1)
    x = upsample(x, fine.shape[1] // x.shape[1], "bilinear")
    x = layers.Concatenate()([x, conv(fine, 24, 1)])
    x = layers.Conv2D(classes, 1)(separable(separable(x, 96), 96))
    return keras.Model(given, upsample(x, 4, "bilinear"))


def _feature_pyramid(shape: Shape, classes: int) -> Any:
    """Lin et al.'s pyramid on MobileNetV1: the scales summed downward, then predicted from all of them."""
    import keras
    from keras import layers

    names = ("conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu", "conv_pw_13_relu")
    given, scales = _backbone(shape, "MobileNet", names, alpha=0.5)
    x, made = None, []
    for scale in reversed(scales):
        side = layers.Conv2D(64, 1)(scale)
        x = side if x is None else layers.Add()([upsample(x), side])
        made.append(conv(conv(x, 32), 32))
    made = [upsample(each, scales[0].shape[1] // each.shape[1], "bilinear") for each in made]
    return keras.Model(given, layers.Conv2D(classes, 1)(layers.Add()(made)))


def _nested_unet(shape: Shape, width: int, scales: int = 4, supervised: bool = False) -> Any:
    """Zhou et al.'s U-Net++: every scale joined with all earlier values of its own and with the scale below.

    Supervised at every depth, its result is the mean of what each depth makes.
    """
    from keras import layers

    x, made = model(shape)
    rows = [[conv(conv(x, width), width)]]
    for depth in range(1, scales):
        rows.append([conv(conv(layers.MaxPooling2D(2)(rows[-1][0]), width << depth), width << depth)])
        for level in range(depth - 1, -1, -1):
            joined = layers.Concatenate()([*rows[level], upsample(rows[level + 1][-1])])
            rows[level].append(conv(conv(joined, width << level), width << level))
    if supervised:
        return made(layers.Average()([layers.Conv2D(1, 1, activation="sigmoid")(each) for each in rows[0][1:]]))
    return made(layers.Conv2D(1, 1, activation="sigmoid")(rows[0][-1]))


def _fast_scnn(shape: Shape, classes: int) -> Any:
    """Poudel et al.'s two branches, one deep at a small size, one shallow."""
    from keras import layers

    x, made = model(shape)
    shallow = separable(separable(conv(x, 32, 3, 2), 48, strides=2), 64, strides=2)
    x = shallow
    for filters, strides in ((64, 2), (96, 2), (128, 1)):
        for block in range(3):
            x = inverted_residual(x, filters, 6, strides=1 if block else strides)
    pooled = [
        upsample(conv(layers.AveragePooling2D(size)(x), 32, 1), size, "bilinear") for size in ((8, 16), (4, 8), (2, 4))
    ]
    x = conv(layers.Concatenate()([x, *pooled]), 128, 1)
    x = conv(separable(upsample(x, 4, "bilinear"), 128), 128, 1, activation=None)
    x = layers.Activation("relu")(layers.Add()([x, conv(shallow, 128, 1, activation=None)]))
    return made(upsample(layers.Conv2D(classes, 1)(separable(separable(x, 128), 128)), 8, "bilinear"))


def _linknet(shape: Shape, width: int) -> Any:
    """Chaurasia and Culurciello's: an encoder and a decoder whose scales are added, with transposed convolutions."""
    from keras import layers

    x, made = model(shape)
    skips = []
    for stage in range(4):
        x = conv(conv(x, width << stage, 3, 2), width << stage)
        skips.append(x)
    for stage in range(2, -1, -1):
        x = layers.Conv2DTranspose(width << stage, 2, 2)(conv(x, width << stage, 1))
        x = layers.Add()([layers.Activation("relu")(layers.BatchNormalization()(x)), skips[stage]])
    return made(layers.Conv2D(2, 1)(upsample(conv(x, width))))


def _super_resolution(shape: Shape, width: int, depth: int, factor: int) -> Any:
    """Convolutions at the small size, residual in blocks of two, then channels to pixels."""
    import keras
    from keras import layers

    x, made = model(shape)
    first = x = layers.Conv2D(width, 5, padding="same", activation="relu")(x)
    for _ in range(depth):
        inner = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.Add()([x, layers.Conv2D(width, 3, padding="same")(inner)])
    x = layers.Conv2D(shape[-1] * factor * factor, 3, padding="same")(layers.Add()([x, first]))
    shuffle = layers.Lambda(lambda value: _depth_to_space(value, factor))
    return made(shuffle(x)) if keras.backend.backend() == "tensorflow" else made(x)


def _depth_to_space(value: Any, factor: int) -> Any:
    import tensorflow

    return tensorflow.nn.depth_to_space(value, factor)


def _denoiser(shape: Shape, width: int, depth: int) -> Any:
    """Zhang et al.'s plain chain, which predicts the noise and subtracts it."""
    from keras import layers

    given, made = model(shape)
    x = given
    for _ in range(depth):
        x = conv(x, width)
    return made(layers.Subtract()([given, layers.Conv2D(shape[-1], 3, padding="same")(x)]))


def _hourglass(x: Any, width: int, depth: int) -> Any:
    from keras import layers

    below = separable(layers.MaxPooling2D(2)(x), width)
    below = _hourglass(below, width, depth - 1) if depth > 1 else separable(below, width)
    return layers.Add()([separable(x, width), upsample(separable(below, width))])


def _hourglasses(shape: Shape, width: int, count: int) -> Any:
    """Newell et al.'s pose network: pyramids one after the other, each with a heat map for every joint."""
    from keras import layers

    x, made = model(shape)
    x = layers.MaxPooling2D(2)(conv(x, width, 7, 2))
    maps = []
    for _ in range(count):
        inner = conv(_hourglass(x, width, 3), width, 1)
        maps.append(layers.Conv2D(16, 1)(inner))
        x = layers.Add()([x, conv(inner, width, 1, activation=None), conv(maps[-1], width, 1, activation=None)])
    return made(maps)


def _entry(name: str, family: str, shape: Shape, make: Any, *values: Any) -> Entry:
    return Entry(name, family, "keras", shape, lambda: make(shape, *values), own=True)


ENTRIES = (
    _entry("own_deeplabv3p_mbv2_256", "segmentation", (1, 256, 256, 3), _deeplab, 21),
    _entry("own_fpn_mbv1_224", "segmentation", (1, 224, 224, 3), _feature_pyramid, 19),
    _entry("own_unetpp_128", "segmentation", (1, 128, 128, 3), _nested_unet, 16),
    _entry("own_unetpp_deep_192", "segmentation", (1, 192, 192, 3), _nested_unet, 12, 5, True),
    _entry("own_fast_scnn_256x512", "segmentation", (1, 256, 512, 3), _fast_scnn, 19),
    _entry("own_linknet_128", "segmentation", (1, 128, 128, 3), _linknet, 32),
    _entry("own_edsr_x2_128", "restoration", (1, 128, 128, 3), _super_resolution, 32, 4, 2),
    _entry("own_espcn_x3_160", "restoration", (1, 160, 160, 1), _super_resolution, 32, 0, 3),
    _entry("own_dncnn_128", "restoration", (1, 128, 128, 1), _denoiser, 48, 15),
    _entry("own_hourglass_pose_192", "landmark", (1, 192, 192, 3), _hourglasses, 64, 2),
)
