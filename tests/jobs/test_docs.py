"""The commands of docs/jobs.md do what it says."""

from __future__ import annotations

import re
import subprocess

from tests.conftest import ROOT
from tests.jobs.conftest import StartGateway


def test_the_commands_of_the_docs_work(alone: StartGateway) -> None:
    (commands,) = re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / "jobs.md").read_text(), re.DOTALL)
    gateway = alone()
    script = commands.replace("http://127.0.0.1:8081", gateway.url)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, capture_output=True, timeout=120, check=True, text=True
    )
    status, *markdown = done.stdout.splitlines()
    assert '"status":"done"' in status
    assert markdown[0].startswith("Привет")
    assert gateway.get("/jobs").json() == {"jobs": []}
