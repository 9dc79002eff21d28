"""The times of the stages as the command line has them: a file, and options that take a value's place."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pydantic import ValidationError

from benchmarks.simulation.errors import BadStages
from benchmarks.simulation.stages import Stages


def add_stages(parser: argparse.ArgumentParser) -> None:
    """An option for each field of Stages, and `--stages` for a file of them."""
    group = parser.add_argument_group(
        "the stages of one machine", "By a file, by options, or both: an option takes the place of the file's value."
    )
    group.add_argument(
        "--stages", type=Path, metavar="FILE", help="JSON, as `python -m benchmarks.scaling --calibrate --json` writes"
    )
    for name, field in Stages.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        text = f"{field.description} (default: {field.default})"
        if field.annotation is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=field.description)
        else:
            group.add_argument(flag, type=type(field.default), metavar="X", help=text)


def stages_of(arguments: argparse.Namespace) -> Stages:
    """The stages that were asked for. Raises BadStages."""
    values = _read(arguments.stages) if arguments.stages else {}
    given = {name: value for name in Stages.model_fields if (value := getattr(arguments, name)) is not None}
    try:
        return Stages.model_validate({**values, **given})
    except ValidationError as error:
        fault = error.errors()[0]
        raise BadStages(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None


def _read(file: Path) -> dict[str, object]:
    try:
        values = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise BadStages(f"{file}: {error}") from None
    # A file of measured runs has them among other things.
    stages = values.get("stages", values) if isinstance(values, dict) else None
    if not isinstance(stages, dict):
        raise BadStages(f"{file} holds no stages: `python -m benchmarks.scaling --calibrate --json {file}` writes them")
    return stages
