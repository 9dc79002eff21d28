"""The API key of the command, at a real gateway that asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.command import main
from cli.summary import Exit
from gateway.access.keyring import line_of, make_key
from tests.unit.gateway.gateway_process import free_port, gateway, wait_for


def test_the_key_comes_from_the_environment_and_its_refusal_has_a_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = make_key()
    keys = tmp_path / "keys"
    keys.write_text(line_of("tester", key, None) + "\n")
    document = tmp_path / "a.pdf"
    document.write_bytes(b"no document")
    # No Triton is needed to refuse a key, or what is no document.
    with gateway(API_KEYS_FILE=str(keys), TRITON_URL=f"http://127.0.0.1:{free_port()}") as (_, url):
        wait_for(f"{url}/livez")
        arguments = [str(document), "--server", url]
        assert main(arguments) == Exit.REFUSED
        monkeypatch.setenv("OCR_API_KEY", "wrong")
        assert main(arguments) == Exit.REFUSED
        told = capsys.readouterr().err
        assert "API key" in told
        assert "wrong" not in told
        monkeypatch.setenv("OCR_API_KEY", key)
        assert main(arguments) == Exit.SOME_FAILED
        told = capsys.readouterr().err
        assert "neither PDF" in told
        assert key not in told
