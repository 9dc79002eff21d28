"""What the fakes did, in order: a line each in the file `events`."""

from __future__ import annotations

import os


def note(event: str) -> None:
    file = os.open("events", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{event} {os.getpid()}\n".encode())
    os.close(file)
