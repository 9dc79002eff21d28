#!/usr/bin/env bash
# Resolves constraints.txt anew for every Python of pyproject.toml. A version that is pinned already and still fits
# stays; `scripts/pin.sh --upgrade` takes the newest. Needs the network, and uv (pip install uv).
set -euo pipefail
cd "$(dirname "$0")/.."

uv pip compile pyproject.toml --universal --python-version 3.10 --all-extras \
    --no-annotate --no-emit-index-url --custom-compile-command 'scripts/pin.sh' \
    --output-file constraints.txt --quiet "$@"
# Every line repeats the environment of pyproject.toml's [tool.uv]: drop it, and what differs between Pythons shows.
same="python_full_version < '3.13'|platform_machine == 'x86_64'|sys_platform == 'linux'|[a-z_]+ != 'PyPy'"
sed -i -E -e 's/ ; / and /' -e "s/ and ($same)//g" -e 's/ and / ; /' constraints.txt
