"""What an engine refuses of a page's options, so that a page is refused before any work, and what it can't use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Refusal = Callable[[str, object], str | None]
"""Why an option (its public name in camelCase) can't have a value, or None where it can. An absent value is None."""

Notice = Callable[[str, object], str | None]
"""What to tell of an option that is taken, but changes nothing; None where it has its effect or is absent."""


def first_of(refusals: Sequence[Refusal]) -> Refusal:
    """Refuses what any of these refuses, for the reason of the first."""
    return lambda name, value: next((reason for refuse in refusals if (reason := refuse(name, value))), None)
