"""The images: what is in them, and what a build refuses."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.conftest import ROOT
from tests.containers import stand_ins
from tests.containers.alone import alone, until_able
from tests.containers.conftest import GATEWAY_IMAGE, TRITON_IMAGE

COMPILERS = "for program in cc gcc g++ c++ clang make ld; do command -v $program; done; true"


@pytest.mark.parametrize("image", [TRITON_IMAGE, GATEWAY_IMAGE])
def test_an_image_says_what_it_is_and_runs_as_nobody(images, note, image):
    (found,) = json.loads(images.run("docker", "image", "inspect", image))
    note(f"{found['Size'] / 1e6:5.0f} MB  {image}")
    settings = found["Config"]
    assert settings["User"] == "10001:10001"
    assert settings["Entrypoint"][0] == "tini"
    assert settings["Healthcheck"]["Test"][0] == "CMD"
    labels = {name.removeprefix("org.opencontainers.image.") for name in settings["Labels"]}
    assert {"title", "description", "licenses", "version", "revision", "base.name"} <= labels


@pytest.mark.parametrize("image", [TRITON_IMAGE, GATEWAY_IMAGE])
def test_an_image_has_no_compiler(images, image):
    said = images.run("docker", "run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", COMPILERS)
    assert said == ""


def test_the_gateway_has_no_model_in_it(images):
    program = "import importlib.util as u; print([n for n in ('engines', 'paddlex', 'onnxruntime') if u.find_spec(n)])"
    run = ("docker", "run", "--rm", "--network=none", "--entrypoint=python", GATEWAY_IMAGE, "-c", program)
    assert images.run(*run).strip() == "[]"


@pytest.fixture(scope="module")
def nvidia(builder, timed):
    timed(f"{stand_ins.NVIDIA}, a stand-in for NVIDIA's image", lambda: stand_ins.make_nvidia(builder))
    return builder


def build_weights(engine, weights_image: str, **arguments: str) -> tuple[int, str]:
    """Build the stage of Dockerfile.triton that takes the weights out of an image and looks at them."""
    given = {"BASE_IMAGE": stand_ins.NVIDIA, "CPU_BASE_IMAGE": stand_ins.PYTHON, "WEIGHTS_IMAGE": weights_image}
    return engine.outcome(
        "docker", "build", "--network=host", "--progress=plain", "--file=Dockerfile.triton", "--target=weights",
        *(f"--build-arg={name}={value}" for name, value in {**given, **arguments}.items()), "--tag=weights", ".",
    )  # fmt: skip


def test_whole_weights_come_with_a_manifest(nvidia, made_weights):
    stand_ins.make_weights_image(nvidia, made_weights)
    status, output = build_weights(nvidia, stand_ins.WEIGHTS)
    assert status == 0, output
    look = ("docker", "run", "--rm", "--network=none", "--workdir=/models", "weights")
    assert "PaddleOCR-VL-1.6" in nvidia.run(*look, "cat", "SHA256SUMS")
    nvidia.run(*look, "sha256sum", "--check", "--quiet", "SHA256SUMS")


def test_the_gpu_target_serves_weights_without_any_network(nvidia, timed, made_weights):
    """On a CPU: Paddle's wheel for one takes the place of paddlepaddle-gpu, and random numbers that of the weights."""
    stand_ins.make_weights_image(nvidia, made_weights)
    given = {
        "BASE_IMAGE": stand_ins.NVIDIA,
        "CPU_BASE_IMAGE": stand_ins.PYTHON,
        "WEIGHTS_IMAGE": stand_ins.WEIGHTS,
        "PADDLE": "paddlepaddle",
    }
    arguments = [f"--build-arg={name}={value}" for name, value in given.items()]
    build = ("docker", "build", "--network=host", "--file=Dockerfile.triton", *arguments, "--tag=gpu", ".")
    timed("image of triton for GPUs, with Paddle for a CPU", lambda: nvidia.run(*build))
    options = ("--env=VERIFY_WEIGHTS=on", "--env=PADDLE_THREADS=2")
    with alone(nvidia, "gpu", *options) as container:
        timed("models of made weights, until they answer", lambda: until_able(nvidia, container))
        said = nvidia.run("docker", "logs", container)
    assert "files are those of SHA256SUMS" in said


def test_weights_that_are_cut_short_end_the_build(nvidia, made_weights, tmp_path):
    copy = shutil.copytree(made_weights, tmp_path / "models")
    (tensors,) = copy.glob("*/model.safetensors")
    tensors.write_bytes(tensors.read_bytes()[:-1000])
    stand_ins.make_weights_image(nvidia, copy, "stand-in/cut")
    status, output = build_weights(nvidia, "stand-in/cut")
    assert status != 0
    assert "model.safetensors" in output
    assert "is cut short" in output


def test_weights_that_are_not_those_of_their_manifest_end_the_build(nvidia, made_weights, tmp_path):
    copy = shutil.copytree(made_weights, tmp_path / "models")
    (settings,) = copy.glob("*/chat_template.jinja")
    digest = "0" * 64
    (copy / "SHA256SUMS").write_text(f"{digest}  {settings.relative_to(copy)}\n")
    stand_ins.make_weights_image(nvidia, copy, "stand-in/changed")
    status, output = build_weights(nvidia, "stand-in/changed")
    assert status != 0
    assert "SHA256SUMS" in output


def test_weights_of_a_folder_need_no_weights_image(nvidia, made_weights, tmp_path):
    context = tmp_path / "context"
    shutil.copytree(ROOT / "engines", context / "engines", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Dockerfile.triton", "constraints.txt", ".dockerignore"):
        shutil.copy(ROOT / name, context)
    shutil.copytree(made_weights, context / "official_models")
    nvidia.run(
        "docker", "build", "--network=host", "--file=Dockerfile.triton", "--target=weights",
        f"--build-arg=BASE_IMAGE={stand_ins.NVIDIA}", "--build-arg=WEIGHTS=folder", ".", cwd=context,
    )  # fmt: skip
