"""The readings are what the models made of real lines."""

from __future__ import annotations

import pytest

from engines.lite.cyrillic_text import merge, unmix
from engines.lite.scripts import are_cyrillic, is_cyrillic_among_others, is_doubtful, is_unreadable
from engines.lite.text_recognition import Reading


@pytest.mark.parametrize(
    ("text", "score", "aspect"),
    [
        ("pa3BITéA", 0.81, 4.6),
        ("KoMnaHna Apple Inc. BbI∏ycTWra iPhone 15 Pro", 0.92, 17.5),
        ("BOCeMb", 0.96, 4.2),
        (" ,  340 ", 0.86, 28.8),  # the small model
        ("", 0.0, 5.6),
    ],
)
def test_cyrillic_in_disguise_is_doubtful(text: str, score: float, aspect: float) -> None:
    assert is_doubtful(Reading(text, score), aspect)


@pytest.mark.parametrize(
    ("text", "score", "aspect"),
    [
        ("Retrieval in open-domain QA is usually imple-", 0.99, 15.8),
        ("DiscoveryWorld tasks, with GPT-4o on an iPhone", 0.98, 18.0),
        ("24.00 S", 0.95, 3.5),
        ("d a t e l i n e", 0.97, 7.0),
        ("港口的管理", 0.99, 5.0),
    ],
)
def test_what_ppocr_knows_is_not(text: str, score: float, aspect: float) -> None:
    assert not is_doubtful(Reading(text, score), aspect)


def test_a_sample_is_cyrillic_when_most_of_it_surely_is() -> None:
    russian = Reading("свидетельствуют о высоком уровне", 0.96)
    noise = [Reading("Зипиагу", 0.41), Reading("JALAN НАНАВОМТ 7/1", 0.72)]
    assert are_cyrillic([russian])
    assert are_cyrillic([russian, russian, noise[0]])
    assert not are_cyrillic([russian, *noise])
    assert not are_cyrillic([])


def test_a_latin_line_among_cyrillic_ones_stays_latin() -> None:
    assert not is_cyrillic_among_others(Reading("investitsionnoy-privlekatelnosti/viewer", 0.9))
    assert is_cyrillic_among_others(Reading("URL: https://elibrary.ru (дата обращения", 0.9))


def test_two_unsure_readings_that_differ_are_unreadable() -> None:
    armenian = Reading("Fninn Uunnhy öuunLu tu wquun nL", 0.85), Reading("Рапп Uuuinnhy oudncd GU шашил пе", 0.38)
    scan = Reading("SubTotal Incl G8T", 0.82), Reading("SubTotal Incl GST", 0.55)
    assert is_unreadable(*armenian)
    assert not is_unreadable(*scan)
    assert not is_unreadable(Reading("Total", 0.99), Reading("?", 0.1))


@pytest.mark.parametrize(
    ("cyrillic", "latin", "text"),
    [
        ("Литвинова B.B.°, Бланк И.А.,", "JIuTBHHOBa B.B.6, braHK I.A.8,", "Литвинова В.В.6, Бланк И.А.8,"),
        ("ПРойзман И.И., Гришина", "11Poğ3MaH I.I., ΓprmWHa", "11 Ройзман И.И., Гришина"),
        ("URL: https://cyberleninka.rv/article (дата", "URL: https://cyberleninka.ru/article (πara", None),
        ("2002. - Ne 6 - C.48-51.", "2002. - Ne6 - C.48-51.", "2002. - № 6 - С.48-51."),
    ],
)
def test_two_readings_make_one(cyrillic: str, latin: str, text: str | None) -> None:
    assert merge(cyrillic, latin) == (text or "URL: https://cyberleninka.ru/article (дата")


def test_unmix_leaves_english_names_alone() -> None:
    assert unmix("см. A. Smith и H. James") == "см. A. Smith и H. James"
    assert unmix("Мозгоев A.M. и Янгульбашева") == "Мозгоев А.М. и Янгульбашева"
