"""Output files: written whole or not at all."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from l2opt.errors import L2OptError

__all__ = ["STDOUT", "as_json", "write", "write_arrays"]

STDOUT = "-"


def write(path: str, data: str | bytes) -> None:
    """Writes `data` to the file `path`, or to stdout for `-`. Raises L2OptError if that cannot be.

    A regular file is replaced by a rename, so that a reader sees the old or the new one; through a symbolic link its
    target is. What is no regular file (a pipe, a device) is written to.
    """
    content = data.encode() if isinstance(data, str) else data
    try:
        if path == STDOUT:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        elif os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as file:
                file.write(content)
        else:
            _replace(os.path.realpath(path), content)
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "<stdout>" if path == STDOUT else path
        raise L2OptError(f"{name}: cannot write: {error.strerror}") from error


def _replace(path: str, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _mode(path: str) -> int:
    """The permissions of the file at `path`, or those that a new file gets."""
    if os.path.exists(path):
        return stat.S_IMODE(os.stat(path).st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_arrays(path: str, arrays: Mapping[str, Any]) -> None:
    """Writes numpy arrays as `.npz`."""
    content = io.BytesIO()
    np.savez(content, **arrays)
    write(path, content.getvalue())


def as_json(record: Mapping[str, Any]) -> str:
    """A record as text: an entry a line, and of an entry that is a list, an element a line."""
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {_entry(value)}" for key, value in record.items()) + "\n}\n"


def _entry(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n" + ",\n".join(f"  {json.dumps(each)}" for each in value) + "\n ]"
