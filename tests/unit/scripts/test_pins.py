"""The versions that the air-gap kit carries are those that everything else is installed with."""

from __future__ import annotations

from tests.conftest import ROOT


def test_the_clients_versions_are_among_all() -> None:
    everything = (ROOT / "constraints.txt").read_text().splitlines()
    client = (ROOT / "deploy/airgap/client.txt").read_text().splitlines()
    assert len(client) > 20
    assert set(client) <= set(everything)
