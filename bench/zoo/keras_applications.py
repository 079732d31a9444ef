"""Classifiers of keras.applications, at sizes and widths that edge devices use."""

from __future__ import annotations

from typing import Any

from entries import Entry

__all__ = ["ENTRIES", "application"]


def application(kind: str, side: int, **options: Any) -> Any:
    """A network of keras.applications for square images, without trained weights."""
    import keras

    return getattr(keras.applications, kind)(input_shape=(side, side, 3), weights=None, **options)


def _entry(name: str, kind: str, side: int, scale: float = 1.0, **options: Any) -> Entry:
    return Entry(
        f"ka_{name}_{side}",
        "classification",
        "keras",
        (1, side, side, 3),
        lambda: application(kind, side, **options),
        scale=scale,
    )


ENTRIES = (
    _entry("mobilenet_v1_025", "MobileNet", 128, alpha=0.25),
    _entry("mobilenet_v1_050", "MobileNet", 160, alpha=0.5),
    _entry("mobilenet_v2_050", "MobileNetV2", 128, alpha=0.5),
    _entry("mobilenet_v2_140", "MobileNetV2", 224, alpha=1.4),
    _entry("mobilenet_v3_small", "MobileNetV3Small", 224, include_preprocessing=False),
    _entry("mobilenet_v3_small_minimalistic", "MobileNetV3Small", 160, minimalistic=True, include_preprocessing=False),
    _entry("mobilenet_v3_large_minimalistic", "MobileNetV3Large", 192, minimalistic=True, include_preprocessing=False),
    _entry("efficientnet_b0", "EfficientNetB0", 160, scale=128.0),
    _entry("efficientnet_b2", "EfficientNetB2", 260, scale=128.0),
    _entry("efficientnetv2_b1", "EfficientNetV2B1", 240, include_preprocessing=False),
    _entry("efficientnetv2_b3", "EfficientNetV2B3", 300, include_preprocessing=False),
    _entry("resnet101v2", "ResNet101V2", 224),
    _entry("densenet121", "DenseNet121", 192),
    _entry("densenet201", "DenseNet201", 224),
    _entry("inception_v3", "InceptionV3", 299),
    _entry("nasnet_mobile", "NASNetMobile", 224),
    _entry("xception", "Xception", 160),
)
