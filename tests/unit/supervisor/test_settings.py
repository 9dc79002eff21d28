from __future__ import annotations

import pytest

from supervisor.errors import SettingsError
from supervisor.settings import Settings, load


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_defaults_are_those_of_the_readme() -> None:
    settings = load()
    assert (settings.host, settings.gateway_port) == ("127.0.0.1", 8081)
    assert (settings.triton_http_port, settings.triton_grpc_port, settings.triton_metrics_port) == (8000, 8001, 8002)


def test_triton_stays_on_this_machine_wherever_the_gateway_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    assert load().triton_host == "127.0.0.1"


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "")
    assert load().gateway_port == 8081


def test_every_wrong_value_is_named_with_what_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "70000")
    monkeypatch.setenv("START_TIMEOUT", "soon")
    with pytest.raises(SettingsError) as error:
        load()
    port, timeout = str(error.value).splitlines()
    assert port == (
        "GATEWAY_PORT: Input should be less than or equal to 65535. It is: Port of the gateway. "
        "Unset it for the default (8081)."
    )
    assert timeout.startswith("START_TIMEOUT: Input should be a valid number")
