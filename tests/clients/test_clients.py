"""Clients of other OCR servers work here, unmodified: an address is all that changes."""

from __future__ import annotations

import json
import sys

import pytest

from tests.clients.conftest import Ask
from tests.conftest import SYNTH

LETTER = str(SYNTH / "01_en_single.pdf")
INVOICE = str(SYNTH / "06_en_invoice.pdf")
TITLE, SENTENCE = "Quarterly Harbour Survey", "listing 1,482 vessels that called at the port"


def test_paddleocr_mcp_reads_documents(ask: Ask) -> None:
    answer = ask("paddleocr-mcp", "ask_paddleocr_mcp", "PaddleOCR-VL", LETTER, '{"output_mode": "detailed"}')
    assert (answer["tool"], answer["failed"]) == ("paddleocr_vl", False)
    text, pages = (part["text"] for part in answer["content"])
    assert f"## {TITLE}" in text
    assert SENTENCE in text
    assert pages == "Pages: 1"


def test_paddleocr_mcp_reads_texts_by_pp_ocr(ask: Ask) -> None:
    answer = ask("paddleocr-mcp", "ask_paddleocr_mcp", "PP-OCRv6", LETTER, '{"output_mode": "detailed"}')
    assert (answer["tool"], answer["failed"]) == ("ocr", False)
    [part] = answer["content"]
    told = json.loads(part["text"])
    assert SENTENCE in told["text"]
    assert all(len(line["bbox"]) == 4 for line in told["text_lines"])


def test_paddleocr_mcp_is_told_of_what_is_no_document(ask: Ask, tmp_path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.4 nothing")
    assert ask("paddleocr-mcp", "ask_paddleocr_mcp", "PaddleOCR-VL", str(path), "{}")["failed"] is True


@pytest.mark.parametrize(("environment", "asks_jobs"), [("langchain-0", False), ("langchain", True)])
def test_langchain_loads_documents(ask: Ask, environment: str, asks_jobs: bool) -> None:
    options = {"max_new_tokens": 2048, "markdown_ignore_labels": ["header"], "visualize": True}
    answer = ask(environment, "ask_langchain", "a key", LETTER, json.dumps(options))
    assert answer["jobs"] is asks_jobs
    [document] = answer["documents"]
    assert document["text"].startswith(f"## {TITLE}")
    assert SENTENCE in document["text"]
    raw = document["metadata"]["paddleocr_vl_raw_response"]
    if asks_jobs:
        [page] = raw["pages"]
        assert page["output_images"]["layout_det_res"].startswith("http://127.0.0.1:")
    else:
        [page] = raw["result"]["layoutParsingResults"]
        assert {"prunedResult", "markdown", "outputImages", "inputImage"} == set(page)


@pytest.mark.parametrize(
    ("environment", "asks_jobs"),
    [
        ("haystack-1", False),
        pytest.param(
            "haystack",
            True,
            marks=pytest.mark.skipif(sys.version_info < (3, 11), reason="paddleocr-haystack 3.0.0 needs Python 3.11"),
        ),
    ],
)
def test_haystack_converts_documents(ask: Ask, environment: str, asks_jobs: bool) -> None:
    answer = ask(environment, "ask_haystack", "a key", LETTER, "{}")
    assert answer["jobs"] is asks_jobs
    [text] = answer["documents"]
    assert SENTENCE in text


def test_paddleocr_client_reads_in_the_background(ask: Ask) -> None:
    answer = ask("paddleocr", "ask_paddleocr", "a key", LETTER, '{"visualize": true, "use_chart_recognition": true}')
    read, texts, status = answer["read"], answer["texts"], answer["status"]
    [page] = read["pages"]
    assert page["markdown_text"].startswith(f"## {TITLE}")
    assert page["pruned_result"]["parsing_res_list"]
    assert read["data_info"]["numPages"] == 1
    assert SENTENCE in " ".join(texts["pages"][0]["pruned_result"]["rec_texts"])
    assert texts["pages"][0]["ocr_image_url"].startswith("http://127.0.0.1:")
    assert (status["state"], status["progress"]["total_pages"], status["progress"]["extracted_pages"]) == ("done", 1, 1)
    assert [job["job_id"] for job in answer["batch"]["jobs"]] == [read["job_id"]]
    assert len(answer["pictures"]) >= 2
    assert set(answer["pictures"]) == {"ffd8ff"}


def test_mistral_reads_documents(ask: Ask) -> None:
    fields = {"include_image_base64": True, "table_format": "markdown", "extract_header": True}
    answer = ask("mistral", "ask_mistral", "a key", INVOICE, json.dumps(fields))
    [page] = answer["pages"]
    assert "INVOICE 2024-0917" in page["markdown"]
    [table] = page["tables"]
    assert "| A-100 | Hydraulic hose, 12 mm | 14 | 8.50 | 119.00 |" in table["content"]
    assert f"[{table['id']}]({table['id']})" in page["markdown"]
    assert page["dimensions"]["dpi"] == 200
    assert {"table", "text"} <= {block["type"] for block in page["blocks"]}
    assert answer["usage_info"]["pages_processed"] == 1


def test_mistral_understands_what_is_refused(ask: Ask) -> None:
    answer = ask("mistral", "ask_mistral", "a key", LETTER, '{"document_annotation_prompt": "What is it?"}')
    assert (answer["error"], answer["status"]) == ("HTTPValidationError", 422)
    assert "no model here annotates documents" in answer["message"]


def test_litellm_reads_documents(ask: Ask) -> None:
    answer = ask("litellm", "ask_litellm", "a key", LETTER, '{"pages": [0]}')
    [page] = answer["pages"]
    assert SENTENCE in page["markdown"]
    assert answer["usage_info"]["pages_processed"] == 1
