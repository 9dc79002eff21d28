"""What ends an archive's run.

CommandError                (cli.errors)
└── ArchiveError
    ├── NoServer            no server of the fleet answers
    ├── SourceFailed        nothing of a source can be read
    ├── OutputFailed        results can't be written
    └── ShardFailed         a shard can't be put together
"""

from __future__ import annotations

from cli.errors import CommandError


class ArchiveError(CommandError):
    """Anything that this package raises beside UsageError and OSError."""


class NoServer(ArchiveError):
    """No server of the fleet answers."""


class SourceFailed(ArchiveError):
    """Nothing of a source can be read."""


class OutputFailed(ArchiveError):
    """Results can't be written."""


class ShardFailed(ArchiveError):
    """A shard can't be put together."""
