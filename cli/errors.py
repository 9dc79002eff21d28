"""What ends the command before, or in place of, reading a document.

CommandError
├── UsageError      the arguments, or what they name, can't be used
└── OutputTaken     a file is where a result belongs, and this command did not write it
"""

from __future__ import annotations


class CommandError(Exception):
    """Anything that this package raises."""


class UsageError(CommandError):
    """The arguments, or what they name, can't be used."""


class OutputTaken(CommandError):
    """A file is where a result belongs, and this command did not write it."""
