"""A result as the files that are written of it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import quote

from ocr_client import BadAnswer, Result


def pictures(result: Result) -> dict[PurePosixPath, bytes]:
    """The pictures by their places below the folder that is theirs.

    Raises BadAnswer for a name that leads elsewhere: what a server says must not choose which files are written.
    """
    return {_below_folder(name): data for name, data in result.images.items()}


def markdown(result: Result, picture_folder: str | None = None) -> bytes:
    """The Markdown, its links leading to pictures in `picture_folder` beside it; as the server wrote it where None."""
    if picture_folder is None or not result.images:
        return result.markdown.encode()
    links = {name: quote(f"{picture_folder}/{_below_folder(name)}", errors="surrogateescape") for name in result.images}
    # The longest first: a name may begin with another one.
    names = "|".join(map(re.escape, sorted(links, key=len, reverse=True)))
    return re.sub(names, lambda found: links[found[0]], result.markdown).encode()


def write_zip(result: Result, target: Path | IO[bytes]) -> None:
    """The Markdown, its pictures, and the JSON, as one file."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("document.md", markdown(result))
        archive.writestr("result.json", result.to_json())
        for name, data in result.images.items():
            _below_folder(name)
            archive.writestr(name, data, zipfile.ZIP_STORED)


def _below_folder(name: str) -> PurePosixPath:
    """The place of a picture without the folder `imgs` that the server's names begin with."""
    path = PurePosixPath(name)
    parts = path.parts
    if not parts or path.is_absolute() or ".." in parts or "\\" in name or ":" in name or not name.isprintable():
        raise BadAnswer(f"the server names a picture {name!r}, which is no place for one")
    return PurePosixPath(*parts[1:]) if parts[0] == "imgs" and len(parts) > 1 else path
