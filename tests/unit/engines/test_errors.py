"""Errors keep their kind on the way through Triton, which carries nothing but text."""

import pytest

from engines.errors import BadImage, DeadlineExceeded, ModelUnavailable, Overloaded, UnsupportedOption, from_wire


@pytest.mark.parametrize(
    "error", [BadImage("no"), UnsupportedOption("two\nlines"), Overloaded("full"), DeadlineExceeded("late")]
)
def test_an_error_survives_the_wire(error):
    read = from_wire(error.to_wire())
    assert type(read) is type(error)
    assert str(read) == str(error)


def test_text_around_the_error_is_dropped():
    read = from_wire("Failed to process the request(s) for model 'vlm_0_0', message: [bad_image] too small")
    assert isinstance(read, BadImage)
    assert str(read) == "too small"


@pytest.mark.parametrize("text", ["Stub process 'vlm_0_0' is not healthy.", "[no_such_kind] what", ""])
def test_what_no_model_said_means_that_it_could_not_be_asked(text):
    read = from_wire(text)
    assert type(read) is ModelUnavailable
    assert str(read) == text
