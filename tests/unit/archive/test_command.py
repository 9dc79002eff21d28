"""What the command refuses before it starts anything, and what it needs Ray for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archive.arguments import parse
from archive.cluster import LOCAL
from cli.command import main
from cli.errors import UsageError
from cli.summary import Exit


def test_what_is_not_said_has_a_default() -> None:
    arguments = parse(["scans", "-o", "out"])
    assert arguments.servers == ("http://127.0.0.1:8081",)
    assert (arguments.ray, arguments.concurrency, arguments.attempts) == (LOCAL, 4, 3)
    assert arguments.output == str(Path("out").absolute())
    assert arguments.fields["on_error"] == "skip"
    assert (arguments.retry_failed, arguments.failures_ok) == (False, False)


def test_servers_and_ray_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_SERVER", "http://one/")
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    arguments = parse(["s3://scans", "-o", "s3://results/2024/"])
    assert (arguments.servers, arguments.ray) == (("http://one",), "head:6379")
    assert arguments.output == "s3://results/2024"
    assert parse(["a", "-o", "b", "--server", "http://x", "--server", "http://x/"]).servers == ("http://x",)


@pytest.mark.parametrize(
    "argv",
    [["scans", "-o", "s3://"], ["scans", "-o", "out", "--option", "x"], ["scans", "-o", "out", "--options", "["]],
)
def test_arguments_that_can_t_be_used_are_refused(argv: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(argv)


@pytest.mark.parametrize("what", [["missing"], ["empty"], ["scans", "--server", "ftp://one"]])
def test_inputs_and_servers_that_can_t_be_used_end_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans/a.png").write_bytes(b"x")
    assert main(["archive", *what, "-o", "out"]) == Exit.USAGE
    assert capsys.readouterr().err.startswith("ocr: ")


def test_the_ordinary_command_needs_neither_ray_nor_arrow() -> None:
    program = (
        "import sys; from cli.command import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(any(name.partition('.')[0] in ('ray', 'pyarrow', 'boto3', 'archive') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL).returncode == 0


def test_without_its_packages_the_command_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("archive")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["archive", "scans", "-o", "out"]) == Exit.USAGE
    assert "pip install 'paddleocr-vl-server[cli,archive]'" in capsys.readouterr().err
