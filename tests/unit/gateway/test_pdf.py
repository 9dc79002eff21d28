"""PDF pages drawn, by either renderer, and what happens to those that can't be."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from PIL import Image

from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, PageTooLarge, RenderFailed
from gateway.pages.raster import fit
from tests.waiting import until

from .conftest import Start, as_json, error_of
from .documents import (
    A4,
    copies,
    encrypted_pdf,
    form_pdf,
    handwritten_pdf,
    nested_forms_pdf,
    pdf,
    pdf_without_pages,
    rotated_pdf,
)
from .fake_triton import FakeTriton
from .renderers import running_pool, stand_in, workers

RENDERERS = ["pdfium", "poppler"]
SYNTH = Path(__file__).parents[2] / "data" / "synth"


@pytest.mark.parametrize("renderer", RENDERERS)
class TestEachRenderer:
    def test_draws_at_the_resolution(self, start: Start, triton: FakeTriton, renderer: str) -> None:
        answer = start(pdf_renderer=renderer).post("/ocr", **as_json(pdf(A4, (300, 200)), dpi=100)).json()
        sizes = [(page["width"], page["height"]) for page in answer["pages"]]
        assert sizes == [(827, 1170), (417, 278)]

    def test_draws_turned_pages_upright(self, start: Start, renderer: str) -> None:
        answer = start(pdf_renderer=renderer).post("/ocr", **as_json(rotated_pdf(300, 200, 90), dpi=72)).json()
        assert (answer["pages"][0]["width"], answer["pages"][0]["height"]) == (200, 300)

    def test_draws_what_was_filled_into_a_form(self, start: Start, triton: FakeTriton, renderer: str) -> None:
        start(pdf_renderer=renderer).post("/ocr", **as_json(form_pdf(), dpi=72))
        (page,) = (Image.open(io.BytesIO(page)).convert("L") for page in triton.pages)
        assert page.getpixel((50, 150)) < 30
        assert page.getpixel((150, 50)) > 225

    def test_draws_large_pages_smaller_and_says_so(self, start: Start, triton: FakeTriton, renderer: str) -> None:
        client = start(pdf_renderer=renderer, max_page_pixels=20_000_000)
        answer = client.post("/ocr", **as_json(pdf((8400, 8400)), dpi=200)).json()
        (image,) = (Image.open(io.BytesIO(page)) for page in triton.pages)
        assert 15_000_000 < image.width * image.height <= 20_000_000
        assert "MAX_PAGE_PIXELS" in answer["warnings"][0]["message"]

    def test_refuses_pages_without_measure(self, start: Start, renderer: str) -> None:
        response = start(pdf_renderer=renderer).post("/ocr", **as_json(pdf((200_000, 200_000))))
        assert response.status_code == 422
        assert "MAX_PAGE_PIXELS" in error_of(response)["message"] or "page" in error_of(response)["message"]

    @pytest.mark.parametrize(
        ("make", "code"),
        [(encrypted_pdf, "encrypted_pdf"), (pdf_without_pages, "bad_pdf"), (lambda: b"%PDF-", "bad_pdf")],
    )
    def test_tells_faults_apart(self, start: Start, renderer: str, make: Callable[[], bytes], code: str) -> None:
        response = start(pdf_renderer=renderer).post("/ocr", **as_json(make()))
        assert (response.status_code, error_of(response)["code"]) == (422, code)


def test_a_locked_file_says_nothing_of_the_next_one(start: Start) -> None:
    client = start(pdf_renderer="pdfium")
    codes = [
        error_of(client.post("/ocr", **as_json(document)))["code"]
        for document in (encrypted_pdf(), handwritten_pdf("<< /Type /Catalog >>"))
    ]
    assert codes == ["encrypted_pdf", "bad_pdf"]


@pytest.mark.parametrize(
    ("size", "dpi"),
    [((595, 842), 200), ((14_400, 14_400), 35), ((8400, 8400), 60), ((14_400, 20), 160)],
)
def test_fit(size: tuple[float, float], dpi: float) -> None:
    chosen = fit(*size, 200, 50_000_000)
    assert chosen.dpi == dpi
    assert chosen.width * chosen.height <= 50_000_000
    assert bool(chosen.warnings) == (dpi < 200)


def test_fit_refuses() -> None:
    with pytest.raises(PageTooLarge, match="MAX_PAGE_PIXELS"):
        fit(100_000, 100_000, 200, 50_000_000)
    for width in (0.5, 0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(RenderFailed):
            fit(width, 10, 200, 50_000_000)


# pdfium loads no page whose /Type is not Page, and asks a password for an algorithm that it does not know.
ONLY_FOR_POPPLER = {
    "page": handwritten_pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Font /Parent 2 0 R /MediaBox [0 0 200 100] >>",
    ),
    "document": handwritten_pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>",
        "<< /Filter /Standard /V 0 /R 2 /O (a) /U (b) /P 1 >>",
        trailer="/Encrypt 4 0 R",
    ),
}


@pytest.mark.parametrize("fault", ONLY_FOR_POPPLER)
def test_poppler_takes_over_where_pdfium_fails(start: Start, fault: str) -> None:
    document = ONLY_FOR_POPPLER[fault]
    assert start(pdf_renderer="pdfium").post("/ocr", **as_json(document)).status_code == 422
    answer = start(pdf_renderer="auto").post("/ocr", **as_json(document, dpi=72)).json()
    assert (answer["pages"][0]["width"], answer["pages"][0]["height"]) == (200, 100)


_DEADLY = """
import os, signal
from gateway.pages import worker
answer = worker.Worker.answer
def deadly(self, command):
    if command["index"] is not None and command["renderer"] == "pdfium":
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(self, command)
worker.Worker.answer = deadly
worker.main()
"""
"""Processes that die of every page that pdfium draws."""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "document"
    path.write_bytes(pdf(*[A4] * 3))
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    path = tmp_path / "endless"
    path.write_bytes(nested_forms_pdf(10, 10))
    return path


def busy(worker: psutil.Process) -> bool:
    """Whether a process has drawn for longer than any good page takes."""
    with suppress(psutil.NoSuchProcess):
        return worker.cpu_times().user > 1.0
    return False


class TestPool:
    def test_processes_live_on_and_are_given_back(self, document: Path) -> None:
        async def check() -> None:
            async with running_pool() as pool:
                source = await pool.open(document, Deadline.after(30))
                first = [process.pid for process in workers()]
                for index in range(source.page_count):
                    await pool.page(source, index, 72, Deadline.after(30))
                assert [process.pid for process in workers()] == first

        asyncio.run(check())
        assert workers() == []

    def test_a_hanging_process_costs_its_page_and_is_replaced(self, document: Path) -> None:
        async def check() -> None:
            async with running_pool(seconds=0.5) as pool:
                source = await pool.open(document, Deadline.after(30))
                (worker,) = workers()
                worker.suspend()
                with pytest.raises(RenderFailed, match="RENDER_TIMEOUT"):
                    await pool.page(source, 0, 72, Deadline.after(30))
                assert (await pool.page(source, 0, 72, Deadline.after(30))).width == 595
                assert worker.pid not in [process.pid for process in workers()]

        asyncio.run(check())

    def test_one_that_is_killed_costs_nothing(self, document: Path) -> None:
        """Its page is drawn by a fresh process, and not by another that may be as old."""
        ended: list[str] = []

        async def check() -> None:
            async with running_pool(workers=2, ended=ended.append) as pool:
                both = [asyncio.create_task(pool.open(document, Deadline.after(30))) for _ in range(2)]
                (source, _), old = await asyncio.gather(*both), workers()
                for worker in old:
                    worker.suspend()
                page = asyncio.create_task(pool.page(source, 0, 72, Deadline.after(30)))
                await asyncio.sleep(0.2)
                for worker in old:
                    worker.kill()
                assert (await page).width == 595
                assert len(old) == 2
                assert not set(old) & set(workers())
                assert pool.size == len(workers()) == 1

        asyncio.run(check())
        assert ended == ["crashed"] * len(ended)

    def test_a_page_that_two_die_of_is_lost_and_no_other(
        self, document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended: list[str] = []

        async def check() -> None:
            async with running_pool(ended=ended.append) as pool:
                source = await pool.open(document, Deadline.after(30))
                with pytest.raises(RenderFailed, match="died"):
                    await pool.page(source, 0, 72, Deadline.after(30))
                monkeypatch.undo()
                assert (await pool.page(source, 0, 72, Deadline.after(30))).width == 595

        monkeypatch.setattr(sys, "executable", stand_in(tmp_path, _DEADLY))
        asyncio.run(check())
        assert ended == ["crashed", "crashed"]

    def test_nobody_tries_again_past_the_deadline(self, document: Path) -> None:
        async def check() -> None:
            async with running_pool() as pool:
                source = await pool.open(document, Deadline.after(30))
                (worker,) = workers()
                worker.suspend()
                with pytest.raises(DeadlineExceeded):
                    await pool.page(source, 0, 72, Deadline.after(0.2))
                worker.kill()
                await asyncio.to_thread(until, lambda: pool.size == 0)
                await asyncio.sleep(0.3)
                assert workers() == []

        asyncio.run(check())

    def test_a_page_that_nobody_waits_for_is_drawn_no_further(self, endless: Path) -> None:
        ended: list[str] = []

        async def check() -> None:
            async with running_pool(ended=ended.append) as pool:
                source = await pool.open(endless, Deadline.after(30))
                page = asyncio.create_task(pool.page(source, 0, 72, Deadline.after(30)))
                await asyncio.to_thread(until, lambda: any(map(busy, workers())))
                page.cancel()
                await asyncio.gather(page, return_exceptions=True)
                await asyncio.to_thread(until, lambda: workers() == [], 5)
                with pytest.raises(DeadlineExceeded):
                    await pool.page(source, 0, 72, Deadline.after(1))
                await asyncio.to_thread(until, lambda: workers() == [], 5)

        asyncio.run(check())
        assert ended == ["cancelled", "cancelled"]

    def test_a_page_that_is_nearly_drawn_costs_no_process(self, document: Path) -> None:
        async def check() -> None:
            async with running_pool() as pool:
                source = await pool.open(document, Deadline.after(30))
                (worker,) = workers()
                page = asyncio.create_task(pool.page(source, 0, 72, Deadline.after(30)))
                await asyncio.sleep(0)
                page.cancel()
                await asyncio.sleep(1.5)
                assert (await pool.page(source, 1, 72, Deadline.after(30))).width == 595
                assert workers() == [worker]

        asyncio.run(check())

    def test_who_still_waits_for_a_process_leaves_nothing_behind(self, endless: Path, document: Path) -> None:
        async def check() -> None:
            async with running_pool() as pool:
                hanging, source = [await pool.open(path, Deadline.after(30), "a") for path in (endless, document)]
                first = asyncio.create_task(pool.page(hanging, 0, 72, Deadline.after(30), "a"))
                await asyncio.sleep(0.2)
                with pytest.raises(DeadlineExceeded):
                    await pool.page(source, 0, 72, Deadline.after(0.2), "a")
                assert len(workers()) == 1
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)
                assert (await pool.page(source, 0, 72, Deadline.after(30), "a")).width == 595

        asyncio.run(check())

    def test_one_clients_endless_pages_delay_no_other_client(self, endless: Path, document: Path) -> None:
        async def check() -> None:
            async with running_pool(workers=2) as pool:
                hanging = await pool.open(endless, Deadline.after(30), "a")
                source = await pool.open(document, Deadline.after(30), "b")
                endless_pages = [
                    asyncio.create_task(pool.page(hanging, 0, 72, Deadline.after(60), "a")) for _ in range(6)
                ]
                await asyncio.to_thread(until, lambda: sum(map(busy, workers())) == 2)
                for index in range(3):
                    assert (await pool.page(source, index, 72, Deadline.after(15), "b")).width == 595
                assert not any(page.done() for page in endless_pages)
                for page in endless_pages:
                    page.cancel()
                await asyncio.gather(*endless_pages, return_exceptions=True)

        asyncio.run(check())

    def test_one_clock_runs_for_all_renderers(self, endless: Path) -> None:
        async def check() -> None:
            async with running_pool(renderers=("pdfium", "poppler"), seconds=2) as pool:
                source = await pool.open(endless, Deadline.after(30))
                begun_at = time.monotonic()
                with pytest.raises(RenderFailed, match="longer than 2 seconds: RENDER_TIMEOUT"):
                    await pool.page(source, 0, 72, Deadline.after(30))
                assert 2.5 <= time.monotonic() - begun_at < 3.9

        asyncio.run(check())

    def test_a_document_of_endless_pages_is_given_up(self, endless: Path) -> None:
        async def check() -> None:
            async with running_pool(seconds=0.5) as pool:
                source = await pool.open(endless, Deadline.after(30))
                begun_at = time.monotonic()
                pages = await asyncio.gather(
                    *(pool.page(source, 0, 72, Deadline.after(60)) for _ in range(50)), return_exceptions=True
                )
                assert time.monotonic() - begun_at < 10
                assert sum("longer than 0.5 seconds" in str(page) for page in pages) == 2
                assert sum("the rest of it was not drawn" in str(page) for page in pages) == 48

        asyncio.run(check())

    def test_a_crash_of_pdfium_is_pulled_out_by_poppler(
        self, document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended: list[str] = []

        async def check() -> None:
            async with running_pool(renderers=("pdfium", "poppler"), ended=ended.append) as pool:
                source = await pool.open(document, Deadline.after(30))
                assert (await pool.page(source, 0, 72, Deadline.after(30))).width == 595

        monkeypatch.setattr(sys, "executable", stand_in(tmp_path, _DEADLY))
        asyncio.run(check())
        assert ended == ["crashed", "crashed"]

    def test_one_that_died_while_idle_costs_nothing(self, document: Path) -> None:
        async def check() -> None:
            async with running_pool() as pool:
                source = await pool.open(document, Deadline.after(30))
                (worker,) = workers()
                worker.kill()
                await asyncio.to_thread(os.waitid, os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
                assert (await pool.page(source, 0, 72, Deadline.after(30))).width == 595

        asyncio.run(check())

    def test_memory_is_bounded(self, tmp_path: Path) -> None:
        path = tmp_path / "large"
        path.write_bytes(pdf((7200, 7200)))

        async def check() -> None:
            async with running_pool(memory_bytes=512 << 20, max_pixels=1_000_000_000) as pool:
                source = await pool.open(path, Deadline.after(30))
                with pytest.raises(RenderFailed):
                    await pool.page(source, 0, 200, Deadline.after(30))

        asyncio.run(check())

    def test_the_requests_deadline_counts_too(self, document: Path) -> None:
        async def check() -> None:
            async with running_pool() as pool:
                source = await pool.open(document, Deadline.after(30))
                (worker,) = workers()
                worker.suspend()
                start = time.monotonic()
                with pytest.raises(DeadlineExceeded):
                    await pool.page(source, 0, 72, Deadline.after(0.2))
                assert time.monotonic() - start < 5

        asyncio.run(check())


def test_memory_stays_flat_over_500_pages(start: Start, triton: FakeTriton) -> None:
    triton.keep_pages = False
    resident: list[int] = []

    async def measure(number: int) -> None:
        if number % 20 == 0:
            resident.append(sum(process.memory_info().rss for process in (psutil.Process(), *workers())))

    triton.on_page = measure
    client = start(pages_in_flight=4)
    answer = client.post("/ocr", **as_json(copies(SYNTH / "07_zh_single.pdf", 500), dpi=36)).json()
    assert answer["usage"]["pages"] == 500
    assert triton.most_in_flight <= 4
    settled = resident[len(resident) // 4 :]
    # pdfium alone would keep 100 MB of it.
    assert max(settled) - settled[0] < 30 << 20
