"""What ends an archive's run.

CommandError                (cli.errors)
└── ArchiveError
    ├── NoServer            no server of the fleet answers
    └── OutputFailed        results can't be written
"""

from __future__ import annotations

from cli.errors import CommandError


class ArchiveError(CommandError):
    """Anything that this package raises beside UsageError and OSError."""


class NoServer(ArchiveError):
    """No server of the fleet answers."""


class OutputFailed(ArchiveError):
    """Results can't be written."""
