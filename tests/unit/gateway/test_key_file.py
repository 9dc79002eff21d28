"""The file of keys changes under a gateway that runs."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import httpx2

from gateway.access.keyring import line_of
from tests.waiting import until

from .gateway_process import free_port, gateway, wait_for


def test_keys_come_and_go_without_a_restart(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(line_of("old", "OLD"))

    with gateway(TRITON_URL=f"http://127.0.0.1:{free_port()}", API_KEYS_FILE=str(keys)) as (process, url):

        def good(key: str) -> bool:
            return httpx2.get(f"{url}/", headers={"Authorization": f"Bearer {key}"}).status_code == 200

        def stale() -> bool:
            metrics = httpx2.get(f"{url}/metrics", headers={"X-API-Key": "NEW"}).text
            return "ocr_gateway_api_keys_stale 1.0" in metrics

        wait_for(f"{url}/livez")
        assert good("OLD")
        assert not good("NEW")
        keys.write_text(f"{line_of('old', 'OLD')}\n{line_of('new', 'NEW')}\n")
        until(lambda: good("NEW"))
        assert good("OLD")
        # As Kubernetes does it: another file under the same name.
        (tmp_path / "next").write_text(line_of("new", "NEW"))
        (tmp_path / "next").rename(keys)
        until(lambda: not good("OLD"))
        assert good("NEW")
        for harm in (lambda: keys.write_text("new sha256:SECRET"), lambda: keys.write_text(""), keys.unlink):
            harm()
            until(stale)
            assert good("NEW")
            keys.write_text(line_of("new", "NEW"))
            until(lambda: not stale())
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=15)
    told = [line["message"] for line in map(json.loads, log.splitlines()) if line["level"] == "error"]
    parts = ("line 1: behind the name", "it lists no key", "No such file or directory")
    for message, part in zip(told, parts, strict=True):
        assert part in message
        assert "stay good" in message
    assert "SECRET" not in log
