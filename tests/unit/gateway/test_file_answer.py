"""Files as answers: never in memory, and whole even where they are removed meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.file_answer import FileAnswer


async def sent(answer: FileAnswer, most: int = 10**9) -> bytes:
    """What the answer sends, no piece of it larger than `most`."""
    pieces: list[bytes] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            assert len(message["body"]) <= most
            pieces.append(message["body"])

    async def receive() -> Any:
        await asyncio.sleep(3600)

    await answer({"type": "http"}, receive, send)
    return b"".join(pieces)


def test_a_file_goes_piece_by_piece_even_when_it_is_removed(tmp_path: Path) -> None:
    async def run() -> None:
        path = tmp_path / "answer"
        path.write_bytes(content := bytes(range(256)) * 10_000)
        answer = await FileAnswer.of(path, "application/json", {"X": "y"})
        path.unlink()
        assert answer.headers["content-length"] == str(len(content))
        assert answer.headers["x"] == "y"
        assert await sent(answer, most=1 << 18) == content

    asyncio.run(run())


def test_lines_may_be_changed_on_their_way(tmp_path: Path) -> None:
    async def run() -> None:
        path = tmp_path / "answer"
        path.write_bytes(b"a 1\na 2\n")
        answer = await FileAnswer.of(path, "application/jsonl", line=lambda line: line.replace(b"a", b"bcd"))
        assert "content-length" not in answer.headers
        assert await sent(answer) == b"bcd 1\nbcd 2\n"

    asyncio.run(run())


def test_a_file_that_is_not_there_is_told_before_the_answer_begins(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        asyncio.run(FileAnswer.of(tmp_path / "nothing", "application/json"))
