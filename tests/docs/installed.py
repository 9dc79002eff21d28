"""What is installed where the commands of a page run: the default set-up, and what the page has its reader install."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from unittest import mock

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.setup.__main__ import EXTRAS

_PROJECT = "paddleocr-vl-server"
_OF_EVERY_VENV = {"pip", "setuptools"}
_OF_SETUP_TEST = ("paddle", "archive", "test")
_TOLD = re.compile(r"pip install [^\"\n]*\"(?:\.|paddleocr-vl-server)\[([\w,-]+)\]\"")

_SITECUSTOMIZE = """
import sys
from importlib.machinery import PathFinder

class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in ABSENT else super().find_spec(name, path, target)

sys.meta_path[:] = [Installed if finder is PathFinder else finder for finder in sys.meta_path]
"""


def extras(page: Path) -> set[str]:
    """The extras of pyproject.toml that a reader of `page` has."""
    text = page.read_text(encoding="utf-8")
    told = {extra for names in _TOLD.findall(text) for extra in names.split(",")}
    return {*EXTRAS, *told, *(_OF_SETUP_TEST if "make setup-test" in text else ())}


def absent_modules(of: Iterable[str]) -> frozenset[str]:
    """The modules that are here, where the tests run, and would not be with these extras alone."""
    there = _closure(of)
    # Not all of sys.path: Ray adds a folder of its own packages to it once it is imported.
    with mock.patch.object(sys, "path", [sysconfig.get_path("purelib")]):
        installed = packages_distributions()
    return frozenset(
        module for module, packages in installed.items() if there.isdisjoint(map(canonicalize_name, packages))
    )


def hide(modules: Iterable[str], folder: Path) -> None:
    """Let no Python that has `folder` in PYTHONPATH find `modules`."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"ABSENT = {frozenset(modules)!r}\n{_SITECUSTOMIZE}")


def _closure(of: Iterable[str]) -> set[str]:
    """The packages that pip installs for these extras of the project, by their canonical names."""
    seen: set[tuple[str, str]] = set()
    ahead = [(_PROJECT, extra) for extra in ("", *of)]
    while ahead:
        name, extra = here = ahead.pop()
        if here in seen:
            continue
        seen.add(here)
        try:
            wanted = distribution(name).requires or ()
        except PackageNotFoundError:
            # For another system or another Python.
            continue
        for text in wanted:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                ahead += [(canonicalize_name(requirement.name), more) for more in ("", *requirement.extras)]
    return {name for name, _ in seen} | _OF_EVERY_VENV
