"""`python -m engines.weights`: what a folder of weights holds, whether it is whole, and its manifest.

    python -m engines.weights check DIR            as a start would look at it, with the same variables
    python -m engines.weights check DIR --sums     and compare every file with SHA256SUMS
    python -m engines.weights manifest DIR         write SHA256SUMS

Exit status: 0 where all is well, 1 with the reason on stderr where not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from engines.errors import MissingWeights
from engines.settings import EngineSettings
from engines.weights import manifest
from engines.weights.check import check_weights, complaints, notes, refuse, tensors_of
from engines.weights.folder import Contents, find_weights, look_into
from engines.weights.models import VLMS, Model, Weights


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m engines.weights", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="say whether a server could start with these weights")
    check.add_argument("folder", type=Path, metavar="DIR", help="as MODEL_DIR")
    check.add_argument("--sums", action="store_true", help=f"compare every file with {manifest.NAME}")
    write = commands.add_parser("manifest", help=f"write {manifest.NAME}, for check --sums and VERIFY_WEIGHTS=on")
    write.add_argument("folder", type=Path, metavar="DIR", help="as MODEL_DIR")
    given = parser.parse_args(arguments)
    try:
        if given.command == "check":
            _check(given.folder, sums=given.sums)
        else:
            _manifest(given.folder)
    except (MissingWeights, ValidationError) as error:
        sys.stderr.write(f"{_text(error)}\n")
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


def _check(folder: Path, *, sums: bool) -> None:
    settings = EngineSettings(engine="paddle", model_dir=folder)
    contents = look_into(folder)
    weights = find_weights(settings)
    check_weights(weights)
    _print(_table(contents, weights))
    _print([f"version {weights.version} (MODEL_VERSION={settings.model_version})"])
    if sums:
        _print([f"{manifest.verify(contents, _tell)} files are those of {contents.root / manifest.NAME}"])
    _print([f"note: {note}" for model in weights.models for note in notes(model)])
    _print(["ok"])


def _manifest(folder: Path) -> None:
    contents = look_into(folder)
    refuse([complaint for model in contents.models.values() for complaint in complaints(model)])
    _print([f"{manifest.write(contents, _tell)} written"])


def _table(contents: Contents, weights: Weights) -> list[str]:
    """One line a model, in columns."""
    rows = [("model", "folder", "MB", "parameters", "served")]
    for model in contents.models.values():
        served = "yes" if model in weights.models else "no"
        place = str(model.path.relative_to(contents.root))
        rows.append((model.name, place, _megabytes(model), _parameters(model), served))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _megabytes(model: Model) -> str:
    return f"{sum(path.stat().st_size for path in model.path.iterdir() if path.is_file()) / 1e6:.1f}"


def _parameters(model: Model) -> str:
    """How many a VLM has and of which dtype; a model that is not served need not be whole."""
    if model.name not in VLMS:
        return ""
    try:
        tensors = tensors_of(model).values()
    except MissingWeights:
        return "?"
    dtypes = ", ".join(sorted({tensor.dtype for tensor in tensors}))
    return f"{sum(tensor.numbers for tensor in tensors) / 1e6:.1f} M {dtypes}"


def _text(error: MissingWeights | ValidationError) -> str:
    if isinstance(error, MissingWeights):
        return str(error)
    return "\n".join(_named(fault["loc"], fault["msg"].removeprefix("Value error, ")) for fault in error.errors())


def _named(place: tuple[int | str, ...], message: str) -> str:
    """A fault with its variable, where it is one's alone."""
    return f"{str(place[0]).upper()}: {message}" if place else message


def _print(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
