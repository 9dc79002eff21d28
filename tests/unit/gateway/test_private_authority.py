"""Services whose certificates a private authority signed: believed by the variables that the chart's trustedCa sets."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme
from redis import Redis

from tests.waiting import until

from .conftest import as_json
from .documents import encoded, picture
from .gateway_process import free_port, gateway, wait_for
from .kserve import KServe
from .redis_server import is_there
from .test_tritons import EVERYTHING
from .test_url import Site

PAGE = as_json(encoded(picture()))


class Bucket(BaseHTTPRequestHandler):
    """An S3 that takes everything."""

    def do_HEAD(self) -> None:
        self.done()

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.done()

    def done(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def tls_redis(files: Path, folder: Path) -> Iterator[int]:
    """A real Redis that listens behind TLS alone; the block has its port."""
    port = free_port()
    authority, certificate = files / "ca.crt", files / "localhost.pem"
    command: list[str | Path] = [
        *("redis-server", "--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no"),
        *("--tls-ca-cert-file", authority, "--tls-cert-file", certificate, "--tls-key-file", certificate),
        *("--save", "", "--dir", folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            with Redis(host="localhost", port=port, ssl=True, ssl_ca_certs=str(authority)) as client:
                until(lambda: is_there(client))
            yield port
        finally:
            process.kill()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the authority's certificate, and a certificate for localhost with its key."""
    folder = tmp_path_factory.mktemp("authority")
    authority.cert_pem.write_to_path(folder / "ca.crt")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "localhost.pem")
    return folder


@pytest.fixture(scope="module")
def settings(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """All that a gateway talks to, behind TLS, as an operator names it; `site` is where documents are fetched from."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "localhost.pem")
    triton: type[KServe] = type("TlsKServe", (KServe,), {"seen": [], "outputs": EVERYTHING})
    ports = []
    with ExitStack() as stack:
        for handler in (triton, Bucket, Site):
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            ports.append(server.server_port)
        ports.append(stack.enter_context(tls_redis(files, tmp_path_factory.mktemp("redis"))))
        at_triton, at_s3, at_site, at_redis = ports
        yield {
            "TRITON_URL": f"https://localhost:{at_triton}",
            "S3_ENDPOINT": f"https://localhost:{at_s3}",
            "S3_BUCKET": "results",
            "S3_ACCESS_KEY": "key",
            "S3_SECRET_KEY": "secret",
            "REDIS_URL": f"rediss://localhost:{at_redis}/0",
            "RATE_LIMIT": "1000/minute",
            "URL_ALLOW": "127.0.0.1:*",
            "RENDER_WORKERS": "1",
            "RETRY_SECONDS": "0",
            "OUTPUT_DIR": str(tmp_path_factory.mktemp("output")),
            "site": f"https://localhost:{at_site}/page.png",
        }


def test_all_of_them_are_believed(settings: dict[str, str], files: Path) -> None:
    ca = str(files / "ca.crt")
    chosen = {**settings, "AWS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca, "URL_CA_FILE": ca}
    site = chosen.pop("site")
    with gateway(**chosen) as (_, url), httpx2.Client(base_url=url, timeout=60) as client:
        wait_for(f"{url}/livez")
        health = client.get("/health").json()
        assert (health["status"], health["s3"]["status"]) == ("ok", "ok"), health
        read = client.post("/ocr", json={"url": site, "s3": True})
        assert read.status_code == 200, read.text
        assert read.json()["saved"]["s3"]
        taken = client.post("/jobs", **PAGE)
        assert taken.status_code == 202, taken.text
        until(lambda: client.get(taken.json()["links"]["self"]).json()["status"] == "done")
        assert "ocr_gateway_rate_limits_unshared_total 0.0" in client.get("/metrics").text


def test_none_of_them_is_without(settings: dict[str, str]) -> None:
    chosen = dict(settings)
    site = chosen.pop("site")
    with gateway(**chosen) as (_, url), httpx2.Client(base_url=url, timeout=60) as client:
        wait_for(f"{url}/livez")
        health = client.get("/health").json()
        assert (health["triton"]["status"], health["s3"]["status"]) == ("failed", "failed"), health
        assert client.post("/ocr", json={"url": site}).json()["error"]["code"] == "url_failed"
        assert client.post("/jobs", **PAGE).json()["error"]["code"] == "jobs_unavailable"
        assert "ocr_gateway_rate_limits_unshared_total 0.0" not in client.get("/metrics").text
