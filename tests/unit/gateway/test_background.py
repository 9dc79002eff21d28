from __future__ import annotations

import asyncio
import logging

import pytest

from gateway.background import background


def test_work_that_breaks_is_told_and_the_rest_goes_on_until_the_end(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    async def breaks() -> None:
        raise ZeroDivisionError

    async def goes_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    async def check() -> None:
        async with background(breaks(), goes_on()):
            await asyncio.sleep(0.05)
            assert told == []
        assert told == ["ended"]

    with caplog.at_level(logging.ERROR):
        asyncio.run(check())
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]
