"""Rates as operators write them: "60/minute", "1000/day", "10/5second"; "unlimited" is none."""

from __future__ import annotations

import re

from limits import RateLimitItem, parse

UNLIMITED = "unlimited"
_ONE = re.compile(r"[1-9]\d{0,8}/([1-9]\d{0,4})?[a-z]+", re.ASCII)


def parse_rate(text: str) -> RateLimitItem | None:
    """The rate that `text` names; None for "unlimited".

    Raises ValueError.
    """
    if text == UNLIMITED:
        return None
    try:
        if _ONE.fullmatch(text):
            return parse(text)
    except ValueError:
        pass
    raise ValueError(f'a rate is written as "60/minute" (second, minute, hour, day, month, year), or "{UNLIMITED}"')
