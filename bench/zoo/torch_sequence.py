"""Our own PyTorch definitions of sequence networks and of sound separation."""

from __future__ import annotations

from typing import Any

from entries import Entry

__all__ = ["ENTRIES"]


def _recurrent(kind: str, inputs: int, width: int, layers: int, classes: int, both_ways: bool) -> Any:
    """Recurrent layers over a sequence, then classes for its last step."""
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            cells = getattr(nn, kind)
            self.body = cells(inputs, width, layers, batch_first=True, bidirectional=both_ways)
            self.head = nn.Linear(width * (2 if both_ways else 1), classes)

        def forward(self, x: Any) -> Any:
            return self.head(self.body(x)[0][:, -1])

    return Network()


def _encoder(width: int, heads: int, layers: int, classes: int) -> Any:
    """A transformer's encoder over a spectrogram whose frames are the tokens."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
            self.all, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.wide = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))

        def forward(self, x: Any) -> Any:
            batch, steps, _ = x.shape
            q, k, v = self.all(self.first(x)).reshape(batch, steps, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            weights = torch.softmax(q @ k.transpose(-1, -2) / (width // heads) ** 0.5, -1)
            x = x + self.out((weights @ v).transpose(1, 2).reshape(batch, steps, width))
            return x + self.wide(self.second(x))

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Linear(40, width)
            self.body = nn.Sequential(*(Block() for _ in range(layers)))
            self.head = nn.Linear(width, classes)

        def forward(self, x: Any) -> Any:
            return self.head(self.body(self.stem(x)).mean(1))

    return Network()


def _mask(width: int, depth: int) -> Any:
    """A mask over a spectrogram, from dilated gated convolutions with skips: noise suppression."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(1, width, 3, padding=1)
            self.gates = nn.ModuleList(
                nn.Conv2d(width, 2 * width, 3, padding=(1 << at, 1), dilation=(1 << at, 1)) for at in range(depth)
            )
            self.head = nn.Conv2d(width * depth, 1, 1)

        def forward(self, x: Any) -> Any:
            value, skips = self.stem(x), []
            for gate in self.gates:
                left, right = gate(value).chunk(2, 1)
                value = value + torch.tanh(left) * torch.sigmoid(right)
                skips.append(value)
            return x * torch.sigmoid(self.head(torch.cat(skips, 1)))

    return Network()


def _entry(name: str, family: str, shape: tuple[int, ...], make: Any, *values: Any) -> Entry:
    return Entry(name, family, "torch", shape, lambda: make(*values), own=True)


ENTRIES = (
    _entry("own_t_gru_96_t24", "rnn", (1, 24, 32), _recurrent, "GRU", 32, 96, 1, 12, False),
    _entry("own_t_bilstm2_64_t16", "rnn", (1, 16, 40), _recurrent, "LSTM", 40, 64, 2, 12, True),
    _entry("own_t_keyword_transformer_98", "audio", (1, 98, 40), _encoder, 64, 1, 6, 35),
    _entry("own_t_noise_mask_128x64", "audio", (1, 1, 128, 64), _mask, 24, 6),
)
