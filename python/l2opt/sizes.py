"""Byte sizes as users write them: `2MB` = `2MiB` = 2097152, `64KB`, `1048576`, `1.5MB`; case-insensitive."""

from __future__ import annotations

import re
from fractions import Fraction

from l2opt.errors import UsageError

__all__ = ["MAX_SIZE", "format_size", "parse_size"]

MAX_SIZE = 2**62  # bytes; sums of two sizes still fit a signed 64-bit integer
_UNITS = {"": 1, "b": 1, "kb": 1 << 10, "kib": 1 << 10, "mb": 1 << 20, "mib": 1 << 20, "gb": 1 << 30, "gib": 1 << 30}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmg]?i?b?)", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Bytes that `text` names. Raises UsageError that says what is accepted."""
    match = _SIZE.fullmatch(text.strip())
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise UsageError(f"size {text!r}: want a number of bytes, KB, MB or GB such as 1048576, 64KB, 1.5MB or 2MiB")
    size = Fraction(match[1]) * unit
    if size.denominator != 1:
        raise UsageError(f"size {text!r}: want a whole number of bytes, got {float(size):g}")
    if size > MAX_SIZE:
        raise UsageError(f"size {text!r}: want at most 2^62 bytes, got {int(size)}")
    return int(size)


def format_size(size: int) -> str:
    """A short readable form: `1470 KiB`, `6.1 MiB`, `640 B`."""
    if size < 1 << 10:
        return f"{size} B"
    if size < 10 << 20:
        return f"{size / 1024:.1f}".rstrip("0").rstrip(".") + " KiB"
    return f"{size / (1 << 20):.1f}".rstrip("0").rstrip(".") + " MiB"
