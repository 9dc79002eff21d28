"""The settings of the supervisor, read once at start from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from supervisor.errors import SettingsError

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    host: str = Field(default="127.0.0.1", description="Address of the gateway; 0.0.0.0 for every interface.")
    gateway_port: Port = Field(default=8081, description="Port of the gateway.")
    triton_host: str = Field(
        default="127.0.0.1", description="Address of Triton, which must never be open to strangers: leave it as it is."
    )
    triton_http_port: Port = Field(default=8000, description="Port of Triton's HTTP API.")
    triton_grpc_port: Port = Field(default=8001, description="Port of Triton's gRPC API.")
    triton_metrics_port: Port = Field(default=8002, description="Port of Triton's metrics.")

    triton_dir: Path = Field(
        default=Path(".triton"),
        description="Folder of Triton: what `make setup` laid out, or an image's /opt/tritonserver.",
    )
    model_repository: Path = Field(default=Path("model_repository"), description="Folder of the Triton models.")
    run_dir: Path = Field(default=Path(".run"), description="Folder of Triton's log.")

    otel_exporter_otlp_endpoint: HttpUrl | None = Field(
        default=None, description="Address of an OpenTelemetry collector (OTLP over HTTP); unset: no traces."
    )

    start_timeout: Seconds = Field(default=300, description="Seconds that Triton or the gateway may take to come up.")
    start_stall: Seconds = Field(
        default=60, description="Seconds that a model may do no work while it loads; then the start is given up."
    )
    shutdown_timeout: Annotated[int, Field(ge=0)] = Field(
        default=30, description="Seconds that work in flight may still take after SIGTERM."
    )
    watch_interval: Seconds = Field(default=1, description="Seconds between two looks at the processes.")
    canary_interval: Seconds = Field(default=5, description="Seconds between two canary inferences.")
    canary_timeout: Seconds = Field(
        default=30, description="Seconds that finding out the health may take; keep it above HEALTH_TIMEOUT."
    )
    canary_failures: Count = Field(default=3, description="Failed canaries in a row that mean a hang.")
    restarts_max: Count = Field(
        default=5, description="Restarts within RESTARTS_WINDOW before the supervisor gives up."
    )
    restarts_window: Seconds = Field(default=600, description="Seconds after which a restart is forgotten.")
    restart_delay: Seconds = Field(
        default=1, description="Seconds before the second restart in RESTARTS_WINDOW; each further one doubles it."
    )
    restart_delay_max: Seconds = Field(default=30, description="The most seconds between two restarts.")


def load() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: names each variable that can't be used, and what it takes.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise refusal(Settings, error) from None


def refusal(settings: type[BaseSettings], error: ValidationError) -> SettingsError:
    """What to tell of variables that a class of settings did not take."""
    return SettingsError("\n".join(_explain(settings, fault["loc"], fault["msg"]) for fault in error.errors()))


def _explain(settings: type[BaseSettings], place: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not place:
        return f"{message}."
    name = str(place[0])
    field = settings.model_fields[name]
    default = "" if field.is_required() or field.default_factory else f" ({field.default})"
    return f"{name.upper()}: {message}. It is: {field.description} Unset it for the default{default}."
