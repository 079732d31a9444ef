"""Sound and sequences, our own definitions: keyword spotting, sound events, unrolled recurrent networks."""

from __future__ import annotations

from typing import Any

from entries import Entry
from keras_blocks import classify, conv, depthwise, model, separable

__all__ = ["ENTRIES"]

Shape = tuple[int, ...]


def _separable_keywords(shape: Shape, width: int, depth: int) -> Any:
    """Zhang et al.'s DS-CNN."""
    x, made = model(shape)
    x = conv(x, width, (10, 4), (2, 1))
    for block in range(depth):
        x = separable(x, width, strides=1 if block else 2)
    return made(classify(x, 12))


def _temporal_residuals(shape: Shape, widths: tuple[int, ...]) -> Any:
    """Choi et al.'s TC-ResNet: convolutions over time alone, coefficients as channels."""
    from keras import layers

    x, made = model(shape)
    x = conv(x, widths[0], (3, 1))
    for width in widths[1:]:
        short = conv(x, width, 1, (2, 1))
        inner = conv(conv(x, width, (9, 1), (2, 1)), width, (9, 1), activation=None)
        x = layers.Activation("relu")(layers.Add()([short, inner]))
    return made(classify(x, 12))


def _residual_keywords(shape: Shape, width: int, depth: int) -> Any:
    """Tang and Lin's res15: dilated residuals at full size."""
    from keras import layers

    x, made = model(shape)
    x = conv(x, width)
    for block in range(depth):
        rate = 1 << (block // 2)
        inner = conv(conv(x, width, dilation_rate=rate), width, activation=None, dilation_rate=rate)
        x = layers.Activation("relu")(layers.Add()([x, inner]))
    return made(classify(x, 12))


def _matched_boxes(shape: Shape, width: int, blocks: int) -> Any:
    """Majumdar and Ginsburg's MatchboxNet: separable convolutions over time with residuals of one pixel."""
    from keras import layers

    x, made = model(shape)
    x = conv(depthwise(x, (11, 1), activation=None), 2 * width, 1)
    for block in range(blocks):
        short = conv(x, width, 1, activation=None)
        for sub in range(2):
            last = sub == 1
            x = conv(depthwise(x, (13 + 2 * block, 1), activation=None), width, 1, activation=None if last else "relu")
        x = layers.Activation("relu")(layers.Add()([x, short]))
    x = conv(depthwise(x, (29, 1), activation=None, dilation=1), 2 * width, 1)
    return made(classify(conv(x, 2 * width, 1), 30))


def _sound_events(shape: Shape) -> Any:
    """MobileNetV1's chain on a spectrogram, as for classes of sounds."""
    x, made = model(shape)
    x = conv(x, 32, 3, 2)
    plan = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
    for filters, strides in plan:
        x = separable(x, filters, strides=strides)
    return made(classify(x, 521))


def _gated_dilations(shape: Shape, width: int, depth: int) -> Any:
    """Van den Oord et al.'s kind of network: gates, residuals, and a sum of what every block skips out."""
    from keras import layers

    x, made = model(shape)
    x = conv(x, width, (2, 1))
    skips = []
    for block in range(depth):
        rate = (1 << (block % 5), 1)
        gate = layers.Conv2D(width, (3, 1), padding="same", dilation_rate=rate, activation="sigmoid")(x)
        value = layers.Conv2D(width, (3, 1), padding="same", dilation_rate=rate, activation="tanh")(x)
        value = layers.Multiply()([gate, value])
        skips.append(layers.Conv2D(width, 1)(value))
        x = layers.Add()([x, layers.Conv2D(width, 1)(value)])
    x = layers.Activation("relu")(layers.Add()(skips))
    return made(layers.Conv2D(64, 1)(conv(x, width, 1)))


def _recurrent(shape: Shape, kind: str, widths: tuple[int, ...], classes: int, both_ways: bool) -> Any:
    """Recurrent layers, unrolled over their steps."""
    from keras import layers

    x, made = model(shape)
    for at, width in enumerate(widths):
        layer = getattr(layers, kind)(width, unroll=True, return_sequences=at + 1 < len(widths))
        x = layers.Bidirectional(layer)(x) if both_ways else layer(x)
    return made(layers.Softmax()(layers.Dense(classes)(x)))


def _recurrent_autoencoder(shape: Shape, width: int) -> Any:
    """A sequence through one state and back, for anomalies of sensors."""
    from keras import layers

    x, made = model(shape)
    x = layers.RepeatVector(shape[1])(layers.LSTM(width, unroll=True)(x))
    x = layers.LSTM(width, unroll=True, return_sequences=True)(x)
    return made(layers.Dense(shape[2])(x))


def _sequence_to_sequence(shape: Shape, width: int, steps: int, classes: int) -> Any:
    """Cho et al.'s encoder and decoder: each output's cell reads the last state of the encoder, and attends to all."""
    from keras import layers

    x, made = model(shape)
    states = layers.Bidirectional(layers.GRU(width, unroll=True, return_sequences=True))(x)
    last = layers.RepeatVector(steps)(states[:, -1])
    x = layers.GRU(2 * width, unroll=True, return_sequences=True)(last)
    weights = layers.Softmax()(layers.Dot((2, 2))([x, states]))
    x = layers.Concatenate()([x, layers.Dot((2, 1))([weights, states])])
    return made(layers.Softmax()(layers.Dense(classes)(x)))


def _entry(name: str, family: str, shape: Shape, make: Any, *values: Any) -> Entry:
    return Entry(name, family, "keras", shape, lambda: make(shape, *values), own=True)


ENTRIES = (
    _entry("own_kws_dscnn_large", "audio", (1, 49, 10, 1), _separable_keywords, 276, 5),
    _entry("own_kws_tc_resnet14", "audio", (1, 98, 1, 40), _temporal_residuals, (16, 24, 24, 32, 32, 48, 48)),
    _entry("own_kws_res15", "audio", (1, 101, 40, 1), _residual_keywords, 45, 6),
    _entry("own_kws_matchbox_3x2x64", "audio", (1, 128, 1, 64), _matched_boxes, 64, 3),
    _entry("own_sound_events_96x64", "audio", (1, 96, 64, 1), _sound_events),
    _entry("own_gated_tcn_256", "audio", (1, 256, 1, 32), _gated_dilations, 48, 10),
    _entry("own_gru2_128_t20", "rnn", (1, 20, 40), _recurrent, "GRU", (128, 128), 12, False),
    _entry("own_bilstm_64_t24", "rnn", (1, 24, 26), _recurrent, "LSTM", (64,), 29, True),
    _entry("own_lstm3_96_t16", "rnn", (1, 16, 32), _recurrent, "LSTM", (96, 96, 96), 10, False),
    _entry("own_bigru2_48_t32", "rnn", (1, 32, 20), _recurrent, "GRU", (48, 48), 8, True),
    _entry("own_gru_attention_t16", "rnn", (1, 16, 24), _sequence_to_sequence, 48, 10, 30),
    _entry("own_lstm_autoencoder_t16", "rnn", (1, 16, 8), _recurrent_autoencoder, 48),
)
