"""/docs and /redoc work where there is no internet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import gateway

STATIC = Path(gateway.__file__).parent / "static"
SCRIPTS = sorted(path for path in STATIC.rglob("*") if path.suffix in (".js", ".css"))


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_page_loads_only_what_is_here(client: TestClient, page: str) -> None:
    response = client.get(page)
    assert response.status_code == 200
    assert "//" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "http" not in response.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href|spec-url)="([^"]+)"', response.text)
    assert len(loaded) >= 3
    for place in loaded:
        assert client.get(f"/{place}").status_code == 200


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_fetches_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"""(?:src:|src=|@import|url\()\s*["']?(?:https?:)?//""", text)
    assert not re.search(r"(?m)^/[/*]# sourceMappingURL", text)
    assert "cdn." not in text


def test_the_validator_of_swagger_is_off() -> None:
    assert "validatorUrl: null" in (STATIC / "docs.js").read_text()


def test_what_others_wrote_has_its_licence() -> None:
    for folder in ("swagger-ui", "redoc"):
        assert (STATIC / folder / "LICENSE").stat().st_size > 500


def test_openapi_describes_both_bodies_and_the_errors(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/ocr"]["post"]
    as_json = operation["requestBody"]["content"]["application/json"]["schema"]
    as_form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    fields = {"file", "url", "pages", "dpi", "save", "s3", "options", "on_error", "page_images", "timeout"}
    assert set(as_json["properties"]) == set(as_form["properties"]) == fields
    assert "useLayoutDetection" in as_json["properties"]["options"]["properties"]
    assert {"200", "400", "413", "422", "429", "503", "504"} <= set(operation["responses"])
    for status, models in {"200": ["OcrAnswer", "PpOcrAnswer"], "422": ["ErrorAnswer", "FailureAnswer"]}.items():
        schema = operation["responses"][status]["content"]["application/json"]["schema"]
        assert schema["anyOf"] == [{"$ref": f"#/components/schemas/{model}"} for model in models]
    assert "$defs" not in str(document)
