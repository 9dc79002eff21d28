"""The error of the set-up."""

from __future__ import annotations


class SetupError(Exception):
    """The machine can't be made ready; the message says what is missing and what to do."""
