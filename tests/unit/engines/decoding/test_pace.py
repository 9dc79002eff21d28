"""What newcomers get of the time between two steps."""

from __future__ import annotations

import pytest

from engines.decoding.pace import LEAST_SECONDS, SMALLEST_SLICE, WHOLE, Pace, Share

SHARE = Share(least=1.0, most=3.0, longest_wait=4.0)


def paced(alone: float = 0.02) -> Pace:
    """A pace that has seen steps of one row and both stages."""
    pace = Pace(SHARE)
    pace.stepped(1, alone)
    pace.admitted("vision", 1000, 0.1)
    pace.admitted("prefill", 1000, 0.2)
    return pace


def test_newcomers_get_the_more_the_more_slots_are_free() -> None:
    pace = paced()
    assert pace.allowance(0.02, free=0, slots=16) == pytest.approx(SHARE.least * 0.02)
    assert pace.allowance(0.02, free=16, slots=16) == pytest.approx(SHARE.most * 0.02)


@pytest.mark.parametrize("part", [0.4, 0.7, 1.0])
def test_step_and_newcomers_together_take_no_longer_than_promised(part: float) -> None:
    """As long as the step itself leaves the time of one of a crop alone."""
    step = part * (SHARE.longest_wait - 1) * 0.02
    waited = step + paced().allowance(step, free=15, slots=16)
    assert waited <= SHARE.longest_wait * 0.02 + 1e-9


def test_newcomers_are_never_shut_out() -> None:
    assert paced().allowance(0.5, free=1, slots=16) == pytest.approx(0.02)


def test_newcomers_get_no_less_than_what_nobody_notices() -> None:
    assert paced(alone=0.001).allowance(0.001, free=1, slots=16) == LEAST_SECONDS


def test_a_stage_that_nothing_went_through_says_nothing_of_its_pace() -> None:
    pace = paced()
    before = pace.slice_tokens("vision", decoding=True)
    pace.admitted("vision", 0, 0.0)
    assert pace.slice_tokens("vision", decoding=True) == before


def test_before_a_row_was_alone_the_share_decides() -> None:
    pace = Pace(SHARE)
    pace.stepped(4, 0.1)
    assert pace.allowance(0.1, free=0, slots=16) == pytest.approx(SHARE.least * 0.1)


def test_a_slice_is_what_goes_through_a_layer_in_a_short_step() -> None:
    pace = paced()
    pace.stepped(16, 1.0)
    assert pace.slice_tokens("vision", decoding=True) == 200
    assert pace.slice_tokens("prefill", decoding=True) == 100
    assert pace.group_patches(16, 16, decoding=True) == 200 * SHARE.most


def test_a_slice_holds_all_where_nothing_decodes_or_nothing_is_known() -> None:
    assert paced().slice_tokens("vision", decoding=False) == WHOLE
    assert Pace(SHARE).slice_tokens("prefill", decoding=True) == WHOLE


def test_a_slice_is_worth_its_cost() -> None:
    pace = paced(alone=1e-6)
    assert pace.slice_tokens("prefill", decoding=True) == SMALLEST_SLICE
