"""Reading the small files of a model; whatever is wrong with one is a MissingWeights that names its path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from engines.errors import MissingWeights

_POINTER = b"version https://git-lfs"


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A file open for reading, and its size in bytes.

    Raises:
        MissingWeights: it is absent, empty, not a file, not readable by this user, or a pointer of git-lfs.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size == 0:
                raise MissingWeights(f"{path} is empty")
            if file.read(len(_POINTER)) == _POINTER:
                raise MissingWeights(f"{path} is a pointer of git-lfs, not the file itself: run `git lfs pull` there")
            file.seek(0)
            yield file, size
    except FileNotFoundError:
        raise MissingWeights(f"{path} does not exist") from None
    except PermissionError:
        raise MissingWeights(f"{path} can't be read by this user: change its owner or mode (chmod a+rX)") from None
    except OSError as error:
        raise MissingWeights(f"{path} can't be read: {error.strerror}") from None


def read_json(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds. Raises MissingWeights."""
    with opened(path) as (file, _):
        content = file.read()
    try:
        return _mapping(path, json.loads(content))
    except (ValueError, RecursionError) as error:
        raise MissingWeights(f"{path} is no JSON, cut short perhaps: {error}") from None


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds. Raises MissingWeights."""
    with opened(path) as (file, _):
        content = file.read()
    try:
        return _mapping(path, yaml.safe_load(content))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise MissingWeights(f"{path} is no YAML, cut short perhaps: {problem}") from None


def _mapping(path: Path, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MissingWeights(f"{path} holds no settings by name")
    return value
