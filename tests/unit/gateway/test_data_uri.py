from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadBase64, BodyTooLarge
from gateway.sources.data_uri import decode

media_types = st.sampled_from(["", "image/png", "application/pdf", "text/plain;charset=utf-8"])


@given(st.binary(max_size=300), media_types)
def test_reads_what_was_encoded(data: bytes, media_type: str) -> None:
    text = base64.b64encode(data).decode()
    assert decode(text, 300) == data
    assert decode(f"data:{media_type};base64,{text}", 300) == data
    assert decode(base64.encodebytes(data).decode(), 300) == data


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadBase64):
        assert len(decode(text, 1000)) <= len(text)


@pytest.mark.parametrize("text", ["AAA", "AA=A", "AA-_", "AAAA!", "data:image/png,AAAA", "data:;base64", "é==="])
def test_refuses(text: str) -> None:
    with pytest.raises(BadBase64):
        decode(text, 100)


def test_an_address_belongs_into_url() -> None:
    with pytest.raises(BadBase64, match="send it as url"):
        decode("https://example.org/a.pdf", 100)


@pytest.mark.parametrize("size", [101, 105, 5000])
def test_over_the_limit(size: int) -> None:
    with pytest.raises(BodyTooLarge, match="MAX_UPLOAD_BYTES"):
        decode(base64.b64encode(bytes(size)).decode(), 100)


def test_line_breaks_do_not_count() -> None:
    assert decode(base64.encodebytes(bytes(100)).decode() + "\n" * 500, 100) == bytes(100)
