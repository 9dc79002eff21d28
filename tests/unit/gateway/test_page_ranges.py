from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidField, PagesOutside, TooManyPages
from gateway.page_ranges import PageRanges


@pytest.mark.parametrize(
    ("text", "indices"),
    [
        ("1", [0]),
        ("1-3,7", [0, 1, 2, 6]),
        ("5-", [4, 5, 6, 7]),
        ("7, 2 - 3 ,2", [1, 2, 6]),
        ("8", [7]),
        ("2-2", [1]),
    ],
)
def test_selects(text: str, indices: list[int]) -> None:
    assert PageRanges.parse(text).select(8, 100) == indices


@pytest.mark.parametrize("text", ["", "0", "0-2", "3-1", "a", "1,,2", "-3", "1-2-3", "1;2", "1.5", "٣", "9" * 30])
def test_refuses_what_is_no_list_of_pages(text: str) -> None:
    with pytest.raises(InvalidField, match="pages"):
        PageRanges.parse(text)


@pytest.mark.parametrize("text", ["9", "1-9", "9-", "1,900000000"])
def test_outside_says_how_many_pages_there_are(text: str) -> None:
    with pytest.raises(PagesOutside, match="the document has 8 pages"):
        PageRanges.parse(text).select(8, 100)


def test_messages_count_as_the_client_does() -> None:
    ranges = PageRanges(((9, None),), counted_from=0)
    with pytest.raises(PagesOutside, match=r"asks for page 8 \(counted from 0\), but the document has 8 pages"):
        ranges.select(8, 100)


@pytest.mark.parametrize("text", ["1-", "1-1001", "1-600,500-1001", ",".join(["1-"] * 300)])
def test_what_a_file_claims_costs_nothing(text: str) -> None:
    with pytest.raises(TooManyPages, match="MAX_PAGES is 1000"):
        PageRanges.parse(text).select(10**12, 1000)


ranges = st.lists(
    st.tuples(st.integers(1, 60), st.none() | st.integers(0, 40)).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    min_size=1,
    max_size=10,
)


@given(ranges)
def test_every_page_of_every_range_once_and_in_order(chosen: list[tuple[int, int | None]]) -> None:
    text = ",".join(f"{first}" if last is None else f"{first}-{last}" for first, last in chosen)
    expected = {page - 1 for first, last in chosen for page in range(first, (last or first) + 1)}
    assert PageRanges.parse(text).select(100, 100) == sorted(expected)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        indices = PageRanges.parse(text).select(50, 100)
    except (InvalidField, PagesOutside):
        return
    assert indices == sorted(set(indices))
    assert all(0 <= index < 50 for index in indices)
