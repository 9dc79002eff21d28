"""Triton Inference Server as a child process."""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from pathlib import Path

import httpx2
import psutil

from supervisor.addresses import authority
from supervisor.child import Child
from supervisor.errors import StartFailed
from supervisor.log import TritonLog
from supervisor.settings import Settings
from supervisor.shared_memory import SharedMemory
from supervisor.stall import Stall

STUB = "triton_python_backend_stub"
"""The program that runs one instance of a Python model, a child of Triton."""
_KEYS_OF_THE_GATEWAY = frozenset({"S3_ACCESS_KEY", "S3_SECRET_KEY", "REDIS_URL", "URL_PROXY"})
"""Variables that hold keys, and that nobody but the gateway needs."""
_ERRORS_TOLD = 5
_NEVER = 2**31 - 1


class Triton:
    """Starts and stops Triton, and knows the processes of its Python models."""

    name = "Triton"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._variables = {
            name: value for name, value in os.environ.items() if name.upper() not in _KEYS_OF_THE_GATEWAY
        }
        self._child: Child | None = None
        self._shared_memory = SharedMemory(settings.run_dir / "shared-memory-prefix")
        self._stall = Stall(settings.start_stall)
        self.log = TritonLog(settings.run_dir / "triton.log")
        self.url = f"http://{authority(settings.triton_host, settings.triton_http_port)}"

    @property
    def pid(self) -> int | None:
        """The process id; None before the first start."""
        return self._child.pid if self._child else None

    @property
    def models(self) -> list[str]:
        """The names of the models in the repository."""
        return sorted(config.parent.name for config in self._settings.model_repository.glob("*/config.pbtxt"))

    def start(self) -> None:
        """Start it; it answers once every model is loaded.

        Raises:
            StartFailed: Triton or the models are not where the settings say.
        """
        if not self._program.exists():
            raise StartFailed(f"{self._program} is missing: run `make setup`, or set TRITON_DIR.")
        if not self.models:
            raise StartFailed(f"no model in {self._settings.model_repository}: set MODEL_REPOSITORY.")
        self._stall = Stall(self._settings.start_stall)
        prefix = self._shared_memory.new_prefix()
        with self.log.rotate() as output:
            self._child = Child(self._command(prefix), env=self._environment(), output=output)

    def ending(self) -> str | None:
        """How it ended, to follow its name in a sentence; None while it runs."""
        return self._child.ending() if self._child else "was not started"

    def is_ready(self, http: httpx2.Client) -> bool:
        """Whether it and each of its models say that they are ready."""
        paths = ["/v2/health/ready", *(f"/v2/models/{model}/ready" for model in self.models)]
        try:
            return all(http.get(self.url + path).is_success for path in paths)
        except httpx2.TransportError:
            return False

    def progress(self) -> str:
        """What it does before it is ready."""
        self.log.read_on()
        loading = [model for model in self.models if model not in self.log.loaded]
        return f"models {', '.join(loading)} loading" if loading else "models loaded"

    def stall(self) -> str | None:
        """What hangs before it is ready, as a sentence; None where nothing does."""
        self.log.read_on()
        # An instance is called after its model, its place and its number.
        loading = {pid: name for pid, name in self.stubs().items() if name.rsplit("_", 2)[0] not in self.log.loaded}
        name = self._stall.look(loading)
        return f"{name} did no work for {self._settings.start_stall:g} seconds (START_STALL)" if name else None

    def reason(self) -> str:
        """The last errors of its log, for the message of a failed start."""
        return "\n".join(
            [*(f"  {error}" for error in self.log.take_errors()[-_ERRORS_TOLD:]), f"  (all of it: {self.log.path})"]
        )

    def stubs(self) -> dict[int, str]:
        """The processes of the Python models: process id and model instance."""
        return {stub.pid: _instance(stub) for stub in self._child.children(STUB)} if self._child else {}

    def stop(self, seconds: float, hurry: threading.Event) -> None:
        """Let requests in flight end for at most `seconds`, or until `hurry`; then kill it and its stubs."""
        if self._child:
            self._child.stop(seconds, hurry)
            self._child = None
            self._shared_memory.remove()

    @property
    def _program(self) -> Path:
        """Where NVIDIA's images have it, or the wheel that `make setup` lays out."""
        in_image = self._settings.triton_dir / "bin/tritonserver"
        return in_image if in_image.exists() else self._settings.triton_dir / "pytriton/tritonserver/bin/tritonserver"

    def _command(self, shared_memory_prefix: str) -> list[str | Path]:
        settings = self._settings
        return [
            self._program,
            f"--model-repository={settings.model_repository}",
            f"--backend-directory={settings.triton_dir / 'backends'}",
            f"--http-address={settings.triton_host}",
            f"--http-port={settings.triton_http_port}",
            f"--grpc-address={settings.triton_host}",
            f"--grpc-port={settings.triton_grpc_port}",
            f"--metrics-address={settings.triton_host}",
            f"--metrics-port={settings.triton_metrics_port}",
            f"--exit-timeout-secs={settings.shutdown_timeout}",
            # Every model has a whole config.pbtxt; asking them for one doubles the time to start.
            "--disable-auto-complete-config",
            "--model-load-thread-count=16",
            # Calls between models wait in this pool; the default is too small for the pages in flight.
            "--backend-config=python,thread-pool-size=256",
            f"--backend-config=python,shm-region-prefix-name={shared_memory_prefix}",
            *self._tracing(),
        ]

    def _tracing(self) -> list[str]:
        """How Triton traces: what belongs to a request's trace (traceparent) always, and canaries never."""
        endpoint = self._settings.otel_exporter_otlp_endpoint
        if endpoint is None:
            return []
        settings = {
            "mode": "opentelemetry",
            "level": "TIMESTAMPS",
            # One of so many requests without a trace of their own begins one.
            "rate": str(_NEVER),
            "opentelemetry,url": f"{str(endpoint).rstrip('/')}/v1/traces",
            "opentelemetry,resource": "service.name=paddleocr-vl-triton",
        }
        return [f"--trace-config={name}={value}" for name, value in settings.items()]

    def _environment(self) -> dict[str, str]:
        """The environment in which we began, where Triton's binary finds its libraries and its stubs our packages."""
        libraries = [str((self._settings.triton_dir / "nvidia_pytriton.libs").absolute()), *_libpython_folder()]
        if inherited := self._variables.get("LD_LIBRARY_PATH"):
            libraries.append(inherited)
        # A stub runs the packages of the python3 that is first on PATH. Not resolved: a venv's python is a link.
        programs = [str(Path(sys.executable).parent), self._variables.get("PATH", os.defpath)]
        return {**self._variables, "LD_LIBRARY_PATH": os.pathsep.join(libraries), "PATH": os.pathsep.join(programs)}


def _libpython_folder() -> list[str]:
    """Return the folder of this interpreter's library: a Python built by hand has it where no loader looks."""
    folder = Path(sysconfig.get_config_var("LIBDIR"))
    return [str(folder)] if (folder / str(sysconfig.get_config_var("INSTSONAME"))).exists() else []


def _instance(stub: psutil.Process) -> str:
    """Return the name of a stub's model instance, such as `vlm_0_0`: the last argument but one of its command."""
    try:
        command = stub.cmdline()
    except psutil.NoSuchProcess:
        command = []
    return command[-2] if len(command) > 1 else "?"
