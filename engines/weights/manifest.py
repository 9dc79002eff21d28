"""SHA256SUMS beside the models: what every file of theirs should be, in the format of `sha256sum -c`."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from engines.errors import MissingWeights
from engines.weights.folder import Contents, indented
from engines.weights.hashing import Tell, sha256_of

NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


def write(contents: Contents, tell: Tell) -> Path:
    """Write the manifest of every model found, at once or not at all, and return its path.

    Raises:
        MissingWeights: a file can't be read, or the manifest can't be written.
    """
    root, path = contents.root, contents.root / NAME
    files = _files(contents)
    if awkward := [name for name in files if "\n" in name or "\\" in name]:
        raise MissingWeights(f"{root / awkward[0]!r}: a manifest can't hold such a name; rename the file")
    sums = sha256_of([root / name for name in files], tell)
    lines = []
    for name in files:
        value = sums[root / name]
        if isinstance(value, OSError):
            raise MissingWeights(f"{root / name} can't be read: {value.strerror}")
        lines.append(f"{value}  {name}\n")
    try:
        _write_at_once(path, os.fsencode("".join(lines)))
    except OSError as error:
        raise MissingWeights(
            f"{path} can't be written: {error.strerror}. Make it where the folder is writable."
        ) from None
    return path


def verify(contents: Contents, tell: Tell) -> int:
    """Compare every file with the manifest, and return how many there are.

    Raises:
        MissingWeights: there is no manifest, or a file is changed, absent, unreadable, or not in it.
    """
    root, path = contents.root, contents.root / NAME
    expected = _read(path)
    present = set(_files(contents))
    listed = [name for name in expected if name in present or (root / name).exists()]
    sums = sha256_of([root / name for name in listed], tell)
    complaints = [f"{root / name} does not exist" for name in expected if name not in listed]
    for name in listed:
        value = sums[root / name]
        if isinstance(value, OSError):
            complaints.append(f"{root / name} can't be read: {value.strerror}")
        elif value != expected[name]:
            complaints.append(f"{root / name} is not the file that the manifest was made of")
    complaints += [f"{root / name} is not in the manifest" for name in sorted(present - expected.keys())]
    if complaints:
        remedy = f"Put the files back, or make the manifest anew of weights that you trust: {_command(root)}"
        raise MissingWeights("\n".join([f"The weights are not those of {path}:", *indented(complaints), remedy]))
    return len(expected)


def _command(root: Path) -> str:
    return f"python -m engines.weights manifest {root}"


def _files(contents: Contents) -> list[str]:
    """Every file of the models, relative to the root, sorted by bytes."""
    paths = (path for model in contents.models.values() for path in _walk(model.path))
    return sorted((path.relative_to(contents.root).as_posix() for path in paths), key=os.fsencode)


def _walk(folder: Path) -> list[Path]:
    def fail(error: OSError) -> None:
        raise MissingWeights(f"{error.filename} can't be read: {error.strerror}")

    return [Path(place) / name for place, _, names in os.walk(folder, onerror=fail) for name in names]


def _read(path: Path) -> dict[str, str]:
    """The sums of a manifest by relative path. Raises MissingWeights."""
    try:
        content = os.fsdecode(path.read_bytes())
    except FileNotFoundError:
        raise MissingWeights(
            f"{path} does not exist: make it of weights that you trust: {_command(path.parent)}"
        ) from None
    except OSError as error:
        raise MissingWeights(f"{path} can't be read: {error.strerror}") from None
    sums: dict[str, str] = {}
    for number, line in enumerate(content.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if not found:
            raise MissingWeights(f"{path}: line {number} is none of sha256sum's: make it anew: {_command(path.parent)}")
        sums[found[2].removeprefix("./")] = found[1]
    return sums


def _write_at_once(path: Path, content: bytes) -> None:
    """Written beside its place and then moved there, so that nobody ever sees half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{NAME}.", delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            Path(draft.name).chmod(0o644)
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
