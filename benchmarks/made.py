"""Made weights for measurements, kept in `.weights/made` from one run to the next."""

from __future__ import annotations

from pathlib import Path

from engines.weights.models import Version
from scripts.made_weights import Dtype, Manners, Size, make_weights

FOLDER = Path(".weights/made")


def kept_weights(
    size: Size,
    version: Version = "v1.6",
    *,
    dtype: Dtype = "float32",
    manners: Manners | None = None,
    name: str = "",
) -> Path:
    """A MODEL_DIR of random weights, made once; `name` tells apart those of other manners."""
    folder = FOLDER / "-".join(filter(None, (version, size, dtype, name)))
    done = folder / ".complete"
    if not done.exists():
        print(f"making random weights in {folder}", flush=True)
        make_weights(folder, version, size, dtype=dtype, with_preprocessing=True, manners=manners)
        done.touch()
    return folder
