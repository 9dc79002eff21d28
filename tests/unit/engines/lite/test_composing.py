from __future__ import annotations

from engines.lite.composing import Passage, compose_table, compose_text
from engines.lite.table_structure import Structure
from engines.lite.text_recognition import Reading
from tests.unit.engines.lite.drawing import line


def passages(*texts: str, score: float = 0.99) -> list[Passage]:
    """Lines one under the other."""
    return [Passage(line(0, 30 * at, 600, 30 * at + 20), Reading(text, score)) for at, text in enumerate(texts)]


def test_tokens_are_characters() -> None:
    text = compose_text(passages("one", "two"), limit=100, is_late=False)
    assert (text.text, text.tokens, text.finish_reason, text.warnings) == ("one two", 6, "stop", ())


def test_a_limit_cuts_the_text_and_says_so() -> None:
    text = compose_text(passages("first", "second", "third"), limit=8, is_late=False)
    assert (text.text, text.tokens, text.finish_reason) == ("first sec", 8, "length")


def test_a_limit_that_is_just_met_cuts_nothing() -> None:
    assert compose_text(passages("first"), limit=5, is_late=False).finish_reason == "stop"


def test_what_came_before_the_deadline_is_kept() -> None:
    assert compose_text(passages("first"), limit=100, is_late=True).finish_reason == "deadline"


def test_unreadable_lines_are_left_out_and_told() -> None:
    text = compose_text(
        [*passages("good"), *passages("", "Ggãyjlg àolUI", "rú cigluio", score=0.2)], 100, is_late=False
    )
    assert text.text == "good"
    assert text.warnings[0].startswith("2 lines could not be read")


def test_a_limit_holds_for_tables() -> None:
    structure = Structure(["<tr>", "<td></td>", "</tr>"], [line(0, 0, 600, 20).rect])
    text = compose_table(structure, passages("abcdef"), limit=3, is_late=False)
    assert (text.text, text.finish_reason) == ("<table><tr><td>abc</td></tr></table>", "length")
