from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from cli.arguments import parse
from cli.errors import UsageError

_ALL = """a.pdf dir - -o out -p 1-3,7 -f md,zip,md -j 8 -r --dpi 150 --on-error skip --timeout 30 --retries 2
    --overwrite --option layoutThreshold=0.4 --option promptLabel=table --option layoutNms=false -q"""


def test_all_of_it() -> None:
    given = parse(shlex.split(_ALL))
    assert given.inputs == ("a.pdf", "dir", "-")
    assert (given.output, given.formats, given.jobs, given.attempts) == (Path("out"), ("md", "zip"), 8, 3)
    assert (given.recursive, given.overwrite, given.quiet, given.timeout) == (True, True, True, 30.0)
    assert given.fields == {
        "pages": "1-3,7",
        "dpi": 150,
        "on_error": "skip",
        "options": {"layoutThreshold": 0.4, "promptLabel": "table", "layoutNms": False},
    }


def test_single_options_win_over_those_in_json() -> None:
    options = parse(["a.pdf", "--options", '{"topP": 0.5, "temperature": 0}', "--option", "topP=1"]).fields["options"]
    assert options == {"topP": 1, "temperature": 0}


@pytest.mark.parametrize("output", [[], ["-o", "-"]])
def test_results_go_to_standard_output_unless_a_folder_is_named(output: list[str]) -> None:
    given = parse(["a.pdf", *output])
    assert given.output is None
    assert given.fields["options"] is None


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--format", "md,docx"], "docx"),
        (["--options", "{"], "--options"),
        (["--options", "[1]"], "object"),
        (["--option", "topP"], "NAME=VALUE"),
    ],
)
def test_what_can_not_be_meant_is_told(arguments: list[str], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        parse(["a.pdf", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [["-j", "0"], ["--retries", "-1"], ["--timeout", "inf"], ["--dpi", "x"], ["--on-error", "cry"], ["--api-key", "k"]],
)
def test_what_argparse_refuses_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        parse(["a.pdf", *arguments])
    assert raised.value.code == 2
    assert arguments[0] in capsys.readouterr().err
