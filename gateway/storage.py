"""Results on disk: one folder a document, its Markdown with the pictures beside it, and the JSON.

OUTPUT_DIR/<id>/document.md
OUTPUT_DIR/<id>/imgs/….jpg
OUTPUT_DIR/<id>/result.json
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from gateway.document import Document
from gateway.errors import StorageFull
from gateway.schemas import OcrAnswer

MARKDOWN = "document.md"
RESULT = "result.json"


def files_of(answer: OcrAnswer, document: Document) -> dict[str, bytes]:
    """The files of a result, by their names relative to its folder; the JSON leaves the pictures to their files."""
    bare = answer.model_copy(
        update={"pages": [page.model_copy(update={"images": {}, "image": None}) for page in answer.pages]}
    )
    files = {MARKDOWN: answer.markdown.encode(), RESULT: bare.model_dump_json(indent=1, exclude={"saved"}).encode()}
    files.update({name: data for page in document.pages for name, data in page.images.items() if _is_inside(name)})
    return files


class Storage:
    """Keeps results under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def save(self, name: str, files: Mapping[str, bytes]) -> Path:
        """Write `files` to the folder `name`, whole or not at all, and give its path; one that is there is replaced.

        Blocks; raises OSError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        # On the same file system, so that the rename is atomic; the dot hides it until then.
        unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=self._folder))
        try:
            for path, data in _below(unfinished, files):
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            unfinished.chmod(0o755)
            target = self._folder / name
            if target.exists():
                # A job whose gateway died just after saving runs again.
                target.rename(replaced := unfinished.with_name(f"{unfinished.name}-replaced"))
                shutil.rmtree(replaced, ignore_errors=True)
            unfinished.rename(target)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        return target


@contextmanager
def room_in(place: str) -> Iterator[None]:
    """Raise StorageFull where the disk of `place`, a variable, has no room for what is written in the block."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise full(place) from None


def full(place: str) -> StorageFull:
    """The error that tells that the disk of `place`, a variable, has no room."""
    return StorageFull(f"the disk of {place} is full: nothing was kept; send it again once the operator has made room")


def _below(folder: Path, files: Mapping[str, bytes]) -> Iterator[tuple[Path, bytes]]:
    for name, data in files.items():
        yield folder.joinpath(*PurePosixPath(name).parts), data


def _is_inside(name: str) -> bool:
    """Whether a name that the engine gave stays inside its folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)
