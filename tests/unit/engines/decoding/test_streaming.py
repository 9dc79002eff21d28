"""Pieces of text add up to the whole, and never hold half a character."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.decoding.streaming import UNFINISHED, TextStream


@given(data=st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_pieces_add_up_to_the_text(maker, data):
    tokens = data.draw(st.lists(st.integers(3, 899), max_size=40))

    def text_of(ids):
        return maker.text(ids, skip_special_tokens=True)

    stream = TextStream(text_of)
    pieces = [stream.add(token) for token in tokens]
    assert "".join([*pieces, stream.end()]) == text_of(tokens)


def test_a_character_of_several_tokens_comes_whole():
    """As bytes come: the tokenizer falls back to one token a byte for what it does not know."""
    written = "a中文b"
    stream = TextStream(lambda ids: bytes(ids).decode(errors="replace"))
    pieces = [stream.add(byte) for byte in written.encode()]
    assert [piece for piece in pieces if piece] == ["a", "中", "文", "b"]
    assert UNFINISHED not in "".join(pieces)
    assert stream.end() == ""
