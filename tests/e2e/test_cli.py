"""The command `ocr` against the product: real documents, real pipes, real signals."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image, ImageDraw, ImageFont

from benchmarks.scoring import read_corpus, word_f1
from tests.conftest import ROOT, SYNTH, png
from tests.waiting import until

OCR = str(Path(sys.executable).parent / "ocr")
SAMPLE = ROOT / "samples" / "sample.pdf"
PAGE = ROOT / "samples" / "page.png"
DOCUMENTS = read_corpus(SYNTH)


@pytest.fixture
def ocr(stack, tmp_path):
    """Runs the command in an empty folder."""

    def ocr(*arguments: object, **more) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command(arguments), **place(stack, tmp_path), capture_output=True, timeout=180, **more)

    return ocr


@pytest.fixture
def begin(stack, tmp_path):
    """Starts the command and does not wait; what still runs when the test is over is killed."""
    with ExitStack() as running:

        def begin(*arguments: object) -> subprocess.Popen[bytes]:
            place_and_pipe = {**place(stack, tmp_path), "stderr": subprocess.PIPE}
            process = running.enter_context(subprocess.Popen(command(arguments), **place_and_pipe))
            running.callback(process.kill)
            return process

        yield begin


def command(arguments) -> list[str]:
    return [OCR, *map(str, arguments)]


def place(stack, folder: Path) -> dict:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OCR_")}
    return {"cwd": folder, "env": {**environment, "OCR_SERVER": stack.gateway_url}}


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder of results, without what is kept of the run."""
    paths = (path for path in folder.rglob("*") if path.is_file() and ".ocr" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def left_over(folder: Path) -> list[Path]:
    return list((folder / ".ocr" / "tmp").iterdir())


def test_many_documents_in_all_formats(ocr, tmp_path):
    done = ocr(SYNTH, SAMPLE, "-o", "out", "-f", "md,json,zip", "-j", 8, "--summary-json", "summary.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    out = tmp_path / "out"
    for document in DOCUMENTS:
        written = out / "synth" / document.path.stem
        read = written.with_suffix(".md").read_text(encoding="utf-8")
        assert word_f1(document.truth, read) > 0.97
        answer = json.loads(written.with_suffix(".json").read_text(encoding="utf-8"))
        with zipfile.ZipFile(written.with_suffix(".zip")) as archive:
            assert archive.read("document.md").decode() == answer["markdown"]
    links = re.findall(r'(?:src="|\]\()([^")]+)', (out / "sample.md").read_text(encoding="utf-8"))
    assert links
    for link in links:
        with Image.open(out / unquote(link)) as picture:
            assert picture.width > 100
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["done"], summary["pages"], summary["exit_code"]) == (len(DOCUMENTS) + 1, len(DOCUMENTS) + 3, 0)
    assert left_over(out) == []

    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*")}
    again = ocr(SYNTH, SAMPLE, "-o", "out", "-f", "md,json,zip")
    assert again.returncode == 0
    assert f"{len(DOCUMENTS) + 1} skipped" in again.stderr.decode()
    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in before.items() if ".ocr" not in path.parts)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_ended_leaves_nothing_half_and_goes_on(ocr, begin, client, tmp_path, end):
    out = tmp_path / "out"
    running = begin(SYNTH, "-o", "out", "-f", "md,json", "-j", 2)
    # Folders of the run's own, below .ocr, come and go meanwhile.
    until(lambda: len(list(out.glob("synth/*.md"))) >= 3)
    running.send_signal(end)
    _, told = running.communicate(timeout=30)
    assert running.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[end]
    if end != signal.SIGKILL:
        assert re.search(rb"(interrupted|terminated): \d+ done, \d+ not tried", told.splitlines()[-1])
        assert left_over(out) == []
    # The server gives up what nobody waits for.
    until(lambda: "ocr_gateway_requests_in_flight 0.0" in client.get("/metrics").text)
    survived = files(out)
    assert len([name for name in survived if name.endswith(".md")]) < len(DOCUMENTS)

    again = ocr(SYNTH, "-o", "out", "-f", "md,json", "--summary-json", "summary.json")
    assert again.returncode == 0, again.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["skipped"] >= 1
    assert summary["skipped"] + summary["done"] == len(DOCUMENTS)
    whole = files(out)
    assert len([name for name in whole if name.endswith(".md")]) == len(DOCUMENTS)
    assert {name: whole[name] for name in survived if name.endswith(".md")} == {
        name: content for name, content in survived.items() if name.endswith(".md")
    }
    assert all(json.loads(content) for name, content in whole.items() if name.endswith(".json"))
    assert left_over(out) == []


def test_pipes_go_through(ocr, client):
    read = client.post("/ocr", files={"file": PAGE.read_bytes()}, headers={"Accept": "text/markdown"}).text
    piped = ocr("-", input=PAGE.read_bytes())
    assert (piped.returncode, piped.stdout.decode()) == (0, read)
    as_json = ocr("-", "-f", "json", "-q", input=PAGE.read_bytes())
    assert json.loads(as_json.stdout)["markdown"] == read
    assert as_json.stderr == b""


def test_a_reader_that_has_had_enough_is_no_crash(stack, tmp_path):
    done = in_bash(f"{OCR} {SAMPLE} | head -c 0; exit ${{PIPESTATUS[0]}}", stack, tmp_path)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


def test_the_output_of_a_command_is_a_document(ocr, stack, tmp_path):
    substituted = in_bash(f"{OCR} <(cat {PAGE}) -o -", stack, tmp_path)
    assert substituted.returncode == 0
    assert substituted.stdout == ocr(PAGE).stdout


def in_bash(line: str, stack, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["bash", "-c", line], **place(stack, folder), capture_output=True, timeout=60, check=False)


def test_pages_options_and_errors_reach_the_server(ocr):
    assert "<div" in ocr(SAMPLE, "-p", 2).stdout.decode()
    plain = ocr(SAMPLE, "-p", "2", "--option", "prettifyMarkdown=false", "--dpi", 150).stdout.decode()
    assert plain.startswith("## Port Statistics")
    assert "<div" not in plain
    refused = ocr(SAMPLE, "--options", '{"topK": 1}')
    assert refused.returncode == 1
    assert b"topK" in refused.stderr


def test_exit_codes(ocr, tmp_path):
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"no document")
    some = ocr(bad, PAGE, "missing.pdf", "-o", "out")
    assert some.returncode == 1
    assert set(files(tmp_path / "out")) == {"page.md"}
    told = some.stderr.decode()
    assert re.search(r"failed +\S+bad\.pdf: .*neither PDF.*\(request \w+\)", told)
    assert re.search(r"failed +missing\.pdf: .*No such file", told)
    assert "1 done, 2 failed" in told
    for arguments in (["a.pdf", "--jobs", "0"], [PAGE, SAMPLE], [PAGE, "-f", "docx"], [PAGE, "-o", bad]):
        wrong = ocr(*arguments)
        assert (wrong.returncode, wrong.stdout) == (2, b"")
        assert b"Traceback" not in wrong.stderr
    # A port that is taken, and where nobody answers.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = ocr(PAGE, SAMPLE, "-o", "out2", "-j", 1, "--server", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert gone.returncode == 3
    assert b"can't be reached" in gone.stderr
    assert b"1 not tried" in gone.stderr


def test_folders_with_all_that_people_have_in_them(ocr, tmp_path):
    scans = tmp_path / "scans"
    (scans / "deep").mkdir(parents=True)
    odd = ["we ird\n\x1b[31m#%20.png", b"not-utf8-\xff.png".decode(errors="surrogateescape"), "汉字.png", "-o.png"]
    for name in [*odd, "same.png", "deep/same.png", "deep/" + "x" * 250 + ".png"]:
        shutil.copy(PAGE, scans / name)
    shutil.copy(SAMPLE, scans / "same.pdf")
    (scans / "deep" / "loop").symlink_to(scans)
    (scans / "dead.png").symlink_to("nowhere")
    first = ocr("scans", "-r", "-o", "scans/out", "-p", "1", "-j", 3)
    assert first.returncode == 1
    assert b"\x1b" not in first.stderr
    names = set(files(scans / "out"))
    assert {"scans/same.md", "scans/same.png.md", "scans/deep/same.md"} < names
    assert {f"scans/{Path(name).stem}.md" for name in odd} < names
    assert len([name for name in names if name.endswith(".md")]) == 8
    # Results below the folder that is read are no documents.
    again = ocr("scans", "-r", "-o", "scans/out", "-p", "1")
    assert b"0 done, 8 skipped, 1 failed" in again.stderr


def test_a_server_that_is_full_is_waited_for(ocr, tmp_path):
    for number in range(90):
        picture = Image.new("RGB", (160, 48), "white")
        ImageDraw.Draw(picture).text((10, 8), f"Pier {number}", fill="black", font=ImageFont.load_default(size=24))
        (tmp_path / f"{number}.png").write_bytes(png(picture))
    done = ocr(tmp_path, "-o", "out", "-j", 90)
    assert done.returncode == 0, done.stderr
    # CLIENT_SHARE of MAX_REQUESTS and MAX_QUEUE is 72.
    assert b"waiting" in done.stderr
    assert len(files(tmp_path / "out")) == 90


def test_a_terminal_gets_bars(stack, tmp_path):
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        command([SAMPLE, PAGE, "-o", "out"]), **place(stack, tmp_path), stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    told = b""
    try:
        while chunk := os.read(ours, 65536):
            told += chunk
    except OSError:
        # The other end of a terminal is closed.
        pass
    os.close(ours)
    running.communicate(timeout=30)
    assert running.returncode == 0
    assert b"documents" in told
    assert b"pages" in told
    assert b"2 done; 4 pages" in told
