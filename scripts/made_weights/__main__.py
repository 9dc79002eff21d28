"""Makes a folder of random weights in the official on-disk format."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from engines.weights.models import PAIRS
from scripts.made_weights import Dtype, Manners, Size, make_weights


def main() -> None:
    """Read the arguments and write the folder."""
    manners = Manners()
    parser = argparse.ArgumentParser(prog="python -m scripts.made_weights", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to; made if it is not there")
    parser.add_argument("--version", choices=PAIRS, default="v1.6", help="of PaddleOCR-VL, with its layout model")
    parser.add_argument(
        "--size", choices=get_args(Size), default="tiny", help="full: as released, 0.9B; narrow: its layers"
    )
    parser.add_argument("--dtype", choices=get_args(Dtype), default="float32", help="of PaddleOCR-VL's tensors")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--with-preprocessing", action="store_true", help="also the orientation and unwarping models")
    parser.add_argument("--stops", type=float, default=manners.stops, help="0: no text ends by itself; higher: sooner")
    parser.add_argument("--repeats", type=float, default=manners.repeats, help="1: texts go round in circles")
    arguments = parser.parse_args()
    make_weights(
        arguments.folder,
        arguments.version,
        arguments.size,
        dtype=arguments.dtype,
        seed=arguments.seed,
        with_preprocessing=arguments.with_preprocessing,
        manners=Manners(stops=arguments.stops, repeats=arguments.repeats),
    )
    print(arguments.folder)


if __name__ == "__main__":
    main()
