from __future__ import annotations

from pathlib import Path

import pytest

from gateway.app import create_app
from gateway.services import choose_renderers
from gateway.settings import Settings, SettingsError, load


def test_defaults() -> None:
    settings = load()
    assert (settings.host, settings.gateway_port) == ("127.0.0.1", 8081)
    assert list(map(str, settings.triton_url)) == ["http://127.0.0.1:8000/"]
    assert settings.missing_s3_settings() == ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"]


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_PAGES", "7")
    monkeypatch.setenv("URL_FETCH", "off")
    monkeypatch.setenv("URL_ALLOW", "Files.example, 10.0.0.0/8")
    monkeypatch.setenv("URL_PORTS", "80, 8443")
    monkeypatch.setenv("OUTPUT_DIR", "/data/out")
    monkeypatch.setenv("PDF_DPI", "")
    settings = load()
    assert (settings.max_pages, settings.url_fetch, settings.pdf_dpi) == (7, False, 200)
    assert settings.url_allow == ("files.example", "10.0.0.0/8")
    assert settings.url_ports == (80, 8443)
    assert settings.output_dir == Path("/data/out")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_PORT", "many"),
        ("MAX_PAGES", "0"),
        ("PDF_RENDERER", "ghostscript"),
        ("TRITON_URL", "localhost:8000"),
        ("TRITON_URL", "http://one:8000,two:8000"),
        ("TRITON_URL", "dns+http://triton"),
        ("URL_ALLOW", "10.0.0.1/8"),
        ("URL_ALLOW", "files.example:x"),
        ("URL_DENY", "http://files.example"),
        ("URL_PORTS", "80,0"),
        ("URL_PROXY", "proxy:3128"),
        ("URL_CA_FILE", "/nowhere/authority.pem"),
        ("URL_CA_FILE", __file__),
        ("S3_ENDPOINT", "nothing"),
        ("RENDER_MEMORY_BYTES", "1"),
        ("API_KEYS_FILE", "/nowhere"),
        ("OPEN_PATHS", "metrics"),
        ("OPEN_PATHS", "/livez,/docs/"),
        ("RATE_LIMIT", "fast"),
        ("REDIS_URL", "redis.example:6379"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "*"),
        ("CORS_ORIGINS", "https://app.example/path"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"(?s){name}: .*Unset it for the default"):
        load()


def test_half_an_s3_configuration_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_BUCKET", "b")
    with pytest.raises(
        SettingsError, match="S3_BUCKET is set, so S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY must be too"
    ):
        load()


def test_poppler_must_be_there_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SettingsError, match="install poppler-utils"):
        create_app(Settings(pdf_renderer="poppler"))
    assert choose_renderers(Settings()) == ("pdfium",)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_SECRET_KEY", "hunter2")
    monkeypatch.setenv("URL_PROXY", "http://user:hunter2@proxy:3128")
    assert "hunter2" not in repr(load())


def test_pages_in_flight_grow_with_the_tritons_unless_their_number_is_given() -> None:
    assert [Settings().pages_over_all(tritons) for tritons in (0, 1, 8)] == [32, 32, 256]
    assert [Settings(pages_a_triton=5).pages_over_all(tritons) for tritons in (0, 1, 8)] == [5, 5, 40]
    both = Settings(max_pages_in_flight=10, pages_a_triton=5)
    assert [both.pages_over_all(tritons) for tritons in (1, 8)] == [10, 10]


def test_every_setting_says_what_it_is() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
