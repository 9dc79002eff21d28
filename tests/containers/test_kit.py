"""The air-gap kit: what is in it, and that a damaged one is refused."""

from __future__ import annotations

import shutil

from tests.containers.conftest import GATEWAY_IMAGE, TRITON_IMAGE


def test_the_isolated_machine_has_the_images_and_is_told_what_to_do(loaded, isolated, images):
    for image in (TRITON_IMAGE, GATEWAY_IMAGE):
        ask = ("docker", "image", "inspect", "--format={{.Id}}", image)
        assert isolated.run(*ask) == images.run(*ask)
    assert "docker-compose up -d --wait" in loaded


def test_loading_again_loads_nothing_and_keeps_the_settings(loaded, kit, isolated):
    (kit / ".env").write_text((kit / ".env").read_text() + "# mine\n")
    said = isolated.run(kit / "load.sh")
    assert said.count("there already") == 2
    assert (kit / ".env").read_text().endswith("# mine\n")


def test_a_kit_that_was_damaged_on_its_way_is_not_loaded(kit, isolated, tmp_path):
    copy = tmp_path / "kit"
    shutil.copytree(kit, copy, ignore=shutil.ignore_patterns("*.tar"))
    sums = (kit / "SHA256SUMS").read_text().splitlines(keepends=True)
    (copy / "SHA256SUMS").write_text("".join(line for line in sums if ".tar" not in line))
    file = copy / "docker-compose.yml"
    file.write_text(file.read_text().replace("internal: true", ""))
    status, said = isolated.outcome(copy / "load.sh")
    assert status == 1
    assert "docker-compose.yml: FAILED" in said
    assert "Nothing was loaded" in said


def test_a_kit_is_not_written_over_another(kit, images):
    status, said = images.outcome("deploy/airgap/make-kit.sh", "--no-build", kit)
    assert status == 1
    assert "is not empty" in said
