#!/usr/bin/env bash
# Prints the path of the Python to set up with: PYTHON where it is set, else the one that .venv was made with, else the
# first in range on PATH. Exits 1 with a message where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."

in_range() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
}

# The interpreter itself: neither a pyenv shim nor the link in .venv.
base_of() {
    "$1" -c 'import sys; print("{0}/bin/python{1[0]}.{1[1]}".format(sys.base_prefix, sys.version_info))'
}

if [[ -n "${PYTHON:-}" ]]; then
    if ! in_range "$PYTHON"; then
        version=$("$PYTHON" --version 2>/dev/null || echo "no Python that starts")
        echo "PYTHON=$PYTHON is $version; Python 3.10, 3.11 or 3.12 is needed." >&2
        exit 1
    fi
    base_of "$PYTHON"
    exit
fi

for candidate in .venv/bin/python python3 python3.12 python3.11 python3.10; do
    if in_range "$candidate"; then
        base_of "$candidate"
        exit
    fi
done
echo "No Python 3.10, 3.11 or 3.12 found. Install one (apt-get install python3), or name it: make PYTHON=/path/to/python3.11 …" >&2
exit 1
