"""What the sleeping engine refuses, and why. Importing this loads no model and no library of one."""

from __future__ import annotations

_STEPS = ("useDocUnwarping", "useDocOrientationClassify")


def preprocess_refusal(name: str, value: object) -> str | None:
    """Why the sleeping engine can't honour an option, by its public name; None where it can."""
    return f"{name}: the sleeping engine prepares no pages; leave it out." if name in _STEPS and value is True else None
