"""How the results of each document are called: no two alike, and the same in every run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator

from cli.documents import Document
from cli.journal import Journal

_MOST_BYTES = 180
"""Of a name; file systems take 255, and suffixes come behind."""


def assign(documents: Iterable[Document], journal: Journal | None) -> Iterator[tuple[Document, str]]:
    """Each document with the path of its results, relative and without their suffixes.

    `report.pdf` becomes `report`; where that belongs to another document, of this run or by the journal, `report.pdf`;
    and where that does too, `report.pdf-` and a digest of its path.
    """
    owners = {_key(entry.name): entry.identity for entry in journal or ()}
    for document in documents:
        name = next(name for name in _candidates(document) if _free(owners, name, document))
        owners[_key(name)] = document.identity
        yield document, name


def _free(owners: dict[str, str], name: str, document: Document) -> bool:
    return owners.get(_key(name), document.identity) == document.identity


def _key(name: str) -> str:
    """Names with the same key are one file on some systems."""
    return name.casefold()


def _candidates(document: Document) -> Iterator[str]:
    digest = hashlib.sha256(os.fsencode(document.identity)).hexdigest()
    whole = document.stem + document.suffix
    for name in (document.stem, whole):
        if len(os.fsencode(name)) <= _MOST_BYTES:
            yield str(document.folder / name)
    for length in (8, 64):
        yield str(document.folder / f"{_shortened(whole)}-{digest[:length]}")


def _shortened(name: str) -> str:
    while len(os.fsencode(name)) > _MOST_BYTES:
        name = name[:-1]
    return name
