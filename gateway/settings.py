"""The settings of the gateway, read once at start from the environment.

    settings = load()

Each field is the environment variable of the same name in capitals. The tables of docs/settings.md are made from their
descriptions, by `python -m scripts.settings_table`.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, FilePath, HttpUrl, Secret, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.access.rates import UNLIMITED
from gateway.access.setting_types import Networks, Origins, Paths, Rate, RedisUrl
from gateway.sources.dialling import tls_context
from gateway.sources.host_list import HostList
from gateway.triton_addresses import TritonUrl, TritonUrls

MEBIBYTE = 1024 * 1024
Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsError(Exception):
    """A variable of the environment has a value that can't be used; the message names it and what it takes."""


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0))


class Settings(BaseSettings):
    """Everything that an operator can set, with its default and its unit."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    gateway_port: int = Field(default=8081, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    triton_url: TritonUrls = Field(
        default=(TritonUrl("http://127.0.0.1:8000"),),
        description="Triton's HTTP address, several by commas, or `dns+http://name:8000` for all addresses of a name.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged."
    )
    log_format: Literal["plain", "json"] = Field(
        default="plain", description="One line a request: plain text, or JSON."
    )

    api_keys_file: FilePath | None = Field(
        default=None,
        description="File of API keys (`python -m gateway.access.make_key`), read again when it changes; "
        "unset: no key is asked for.",
    )
    open_paths: Paths = Field(
        default=("/livez", "/health", "/ui", "/docs", "/redoc", "/static", "/openapi.json"),
        description="Paths, by commas, that need no API key, each with what lies below it.",
    )
    rate_limit: Rate = Field(
        default=UNLIMITED, description='How often one client (an API key, or an address) may POST: "60/minute".'
    )
    redis_url: RedisUrl | None = Field(
        default=None, description="Redis that several gateways share, such as redis://redis:6379/0."
    )
    trusted_proxies: Networks = Field(
        default=(), description="Addresses and networks, by commas, whose X-Forwarded-For and -Proto are believed."
    )
    cors_origins: Origins = Field(
        default=(), description="Origins, by commas, whose pages may call this server from a browser; *: all."
    )
    otel_exporter_otlp_endpoint: HttpUrl | None = Field(
        default=None, description="Address of an OpenTelemetry collector (OTLP over HTTP); unset: no traces."
    )

    max_requests: int = Field(default=32, ge=1, description="Documents worked on at once; further ones wait.")
    max_queue: int = Field(
        default=64, ge=0, description="Documents that wait for a turn; further ones get 429 at once."
    )
    client_share: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="Largest part of MAX_REQUESTS and MAX_QUEUE that one client may hold: an API key, or an address.",
    )
    max_connections: int = Field(
        default=1000,
        ge=1,
        description="Open connections; further ones are closed at once. CLIENT_SHARE of them is for one address, "
        "unless it is in TRUSTED_PROXIES.",
    )
    receive_timeout: float = Field(
        default=20,
        gt=0,
        description="Seconds that a client may keep the gateway waiting: for a request; for its body, without a byte, "
        "or behind 8 KiB a second.",
    )
    request_timeout: float = Field(
        default=600, gt=0, description="Seconds a request may take, waiting included; caps its own `timeout`."
    )
    retry_seconds: float = Field(
        default=60,
        ge=0,
        description="Seconds that a page which met a restarting engine waits for it, to be sent once more; 0: not. "
        "Pages of jobs wait as long as their job may run.",
    )
    shutdown_timeout: int = Field(
        default=30, ge=0, description="Seconds that work in flight may still take after SIGTERM."
    )

    max_upload_bytes: int = Field(
        default=100 * MEBIBYTE,
        ge=1,
        description="Bytes of a document, uploaded or fetched; it lies under TMPDIR meanwhile.",
    )
    max_pages: int = Field(default=1000, ge=1, description="Pages read of one document.")
    max_result_bytes: int = Field(
        default=256 * MEBIBYTE,
        ge=1,
        description="Bytes of what is read of one document, pictures and asked-for page images above all; its answer "
        "takes four times as much memory. Pages that a stream has told do not count, unless they are saved.",
    )
    max_page_pixels: int = Field(
        default=50_000_000,
        ge=10_000,
        description="Pixels of a page: larger images are refused, larger PDF pages drawn smaller.",
    )
    pages_in_flight: int = Field(
        default=8, ge=1, description="Pages of one document that are rendered or read at once."
    )
    # As many as keep its batches full, and half of its OCR_MAX_IN_FLIGHT: another gateway may ask it too.
    pages_a_triton: int = Field(
        default=32,
        ge=1,
        description="The same of all documents, for each Triton up; at most this gateway's share of OCR_MAX_IN_FLIGHT.",
    )
    max_pages_in_flight: int | None = Field(
        default=None,
        ge=1,
        description="The same over all documents, however many Tritons are up; wins over PAGES_A_TRITON.",
    )

    pdf_dpi: int = Field(
        default=200,
        ge=36,
        le=600,
        description="Resolution of rendered PDF pages if a request names none; PaddleX's APIs have 144, as there.",
    )
    pdf_renderer: Literal["auto", "pdfium", "poppler"] = Field(
        default="auto", description="Who draws PDF pages; auto: pdfium, and poppler where pdfium fails."
    )
    render_workers: int = Field(
        default_factory=lambda: min(4, _usable_cores()),
        ge=1,
        description="Processes that draw and check pages, and one more where several clients send them; default: the "
        "cores, at most 4.",
    )
    render_timeout: float = Field(
        default=30,
        gt=0,
        description="Seconds that drawing one page may take; who draws it where another one failed has what is left, a "
        "quarter at least.",
    )
    render_memory_bytes: int = Field(
        default=2048 * MEBIBYTE, ge=256 * MEBIBYTE, description="Address space of one drawing process."
    )

    reencode_images: bool = Field(
        default=False,
        description="Whether JPEG and PNG images too are decoded by nobody but a drawing process, and handed on as new "
        "PNGs; costs 0.1 to 0.3 s of CPU a page.",
    )

    url_fetch: bool = Field(default=True, description="Whether `url` is allowed at all (on, off).")
    url_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts and networks, by commas, that `url` may reach although they are internal; "
        "with a port (`files.example:8443`, `10.0.0.0/8:*`) on that one, even if URL_PORTS lacks it.",
    )
    url_deny: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Hosts and networks that `url` never may reach; wins over URL_ALLOW."
    )
    url_ports: Annotated[tuple[Port, ...], NoDecode] = Field(
        default=(80, 443), description="Ports, by commas, that `url` may reach."
    )
    url_proxy: Secret[HttpUrl] | None = Field(
        default=None,
        description="HTTP proxy that fetches for the gateway; it resolves the names, so it must refuse internal hosts.",
    )
    url_ca_file: FilePath | None = Field(
        default=None, description="PEM file of authorities that https is trusted of besides the system's."
    )
    url_timeout: float = Field(default=30, gt=0, description="Seconds that fetching a URL may take.")

    jobs: bool = Field(default=True, description="Whether jobs are taken in and run at all (on, off).")
    jobs_dir: Path = Field(
        default=Path("jobs"),
        description="Where documents and results of jobs lie; with REDIS_URL a volume that all gateways see.",
    )
    jobs_at_once: int = Field(
        default=2, ge=0, description="Jobs that this gateway runs at once; 0: it takes them in for others to run."
    )
    max_jobs: int = Field(
        default=1000, ge=1, description="Jobs that wait; further ones get 429. CLIENT_SHARE of it is for one client."
    )
    job_timeout: float = Field(
        default=14_400, gt=0, description="Seconds that a job may run, waiting not included; caps its own `timeout`."
    )
    job_lease: float = Field(
        default=30, ge=1, description="Seconds without a sign of life after which another gateway runs a job anew."
    )
    jobs_keep_seconds: float = Field(
        default=86_400, gt=0, description="Seconds after its end that a job, and its result, can be asked for."
    )

    visualize: bool = Field(
        default=False,
        description="Whether PaddleX's APIs draw what was found on each page when a request does not say.",
    )
    output_dir: Path = Field(default=Path("output"), description="Where results are kept, one folder a document.")
    save: bool = Field(default=False, description="Whether results are kept when a request does not say.")
    s3_endpoint: HttpUrl | None = Field(default=None, description="Address of the S3 service, for example Cloud.ru's.")
    s3_region: str = Field(default="us-east-1", description="Region that requests to S3 are signed for.")
    s3_bucket: str | None = Field(default=None, description="Bucket that results are uploaded to.")
    s3_prefix: str = Field(default="", description="Put before the names of uploaded files.")
    s3_access_key: SecretStr | None = Field(
        default=None, description="Access key; `tenant:key` where the service asks for it."
    )
    s3_secret_key: SecretStr | None = Field(default=None, description="Secret key.")
    s3_presign_seconds: int = Field(
        default=3600, ge=1, le=604_800, description="Seconds that presigned addresses of results stay good."
    )

    health_cache_seconds: float = Field(default=5, ge=0, description="Seconds that an answer of /health is used again.")
    health_timeout: float = Field(default=10, gt=0, description="Seconds a canary inference of /health may take.")

    @field_validator("url_allow", "url_deny", "url_ports", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(item.strip().lower() for item in value.split(",") if item.strip())
        return value

    @field_validator("url_allow", "url_deny")
    @classmethod
    def _hosts_are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        HostList.parse(value)
        return value

    @field_validator("url_ca_file")
    @classmethod
    def _certificates_can_be_read(cls, value: Path | None) -> Path | None:
        try:
            tls_context(value)
        except ssl.SSLError:
            raise ValueError("it holds no certificates in PEM format") from None
        return value

    @model_validator(mode="after")
    def _s3_is_whole_or_absent(self) -> Settings:
        missing = self.missing_s3_settings()
        if self.s3_bucket is not None and missing:
            raise ValueError(f"S3_BUCKET is set, so {', '.join(missing)} must be too")
        return self

    def pages_over_all(self, tritons: int) -> int:
        """Pages in flight over all documents while so many Tritons are up."""
        return self.max_pages_in_flight or self.pages_a_triton * max(1, tritons)

    def missing_s3_settings(self) -> list[str]:
        """The variables without which results can't be uploaded; empty when S3 is configured."""
        needed = ("s3_endpoint", "s3_bucket", "s3_access_key", "s3_secret_key")
        return [name.upper() for name in needed if getattr(self, name) is None]


def load() -> Settings:
    """Read the environment.

    Raises SettingsError, naming each variable at fault and what it takes.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(fault["loc"], fault["msg"]) for fault in error.errors())) from None


def _explain(location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    name = str(location[0]) if location else ""
    field = Settings.model_fields.get(name)
    if field is None:
        return message
    return f"{name.upper()}: {message}. It is: {field.description} Unset it for the default ({_default(field)})."


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "see its description"
    if field.default in (None, ()):
        return "none"
    if isinstance(field.default, bool):
        return "on" if field.default else "off"
    if isinstance(field.default, tuple):
        return ",".join(map(str, field.default))
    return str(field.default) or "empty"
