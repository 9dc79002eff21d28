#!/usr/bin/env bash
# Resolves constraints.txt, the part of it that the air-gap kit carries, and those of the tests, anew for every Python of
# pyproject.toml. A version that is pinned already and still fits stays; `scripts/pin.sh --upgrade` takes the newest. Needs the network, and uv (pip install uv).
set -euo pipefail
cd "$(dirname "$0")/.."

# Every line repeats the environment of pyproject.toml's [tool.uv]: dropped, and what differs between Pythons shows.
same="python_full_version < '3.13'|platform_machine == 'x86_64'|sys_platform == 'linux'|[a-z_]+ != 'PyPy'"

pin() { # REQUIREMENTS CONSTRAINTS [uv's options]
    uv pip compile "$1" --universal --python-version 3.10 --output-file "$2" "${@:3}" \
        --no-annotate --no-emit-index-url --custom-compile-command 'scripts/pin.sh' --quiet
    sed -i -E -e 's/ ; / and /' -e "s/ and ($same)//g" -e 's/ and / ; /' "$2"
}

pin pyproject.toml constraints.txt --all-extras "$@"
pin pyproject.toml deploy/airgap/client.txt --extra cli --constraint constraints.txt
pin tests/vlm_server/requirements.txt tests/vlm_server/constraints.txt "$@"
for client in tests/clients/environments/*.in; do
    pin "$client" "${client%.in}.txt" "$@"
done
