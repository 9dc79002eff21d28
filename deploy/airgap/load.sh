#!/usr/bin/env bash
# On the isolated machine, in the folder of the kit: verifies every file, loads the images, and says what comes next.
# Needs Docker with Compose, and sha256sum; no network. COMPOSE names the command, by default `docker compose`.
set -euo pipefail
cd "$(dirname "$0")"

echo "verifying $(wc -l <SHA256SUMS) files"
if ! sha256sum --check --strict --quiet SHA256SUMS; then
    echo "This kit is damaged: copy it again. Nothing was loaded." >&2
    exit 1
fi

while read -r file id image; do
    if [[ "$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null)" == "$id" ]]; then
        echo "there already: $image"
        continue
    fi
    echo "loading $image"
    docker load --quiet --input "$file"
    docker image inspect --format 'loaded {{.Id}}' "$image"
done <images.txt

if [[ ! -e .env ]]; then
    cp env.example .env
    echo "wrote .env: look through it."
else
    echo "kept .env: compare it with env.example, whose first lines may be new."
fi
echo
echo "Next:"
echo "    ${COMPOSE:-docker compose} up -d --wait"
echo "    curl -sS -F file=@samples/sample.pdf -H 'Accept: text/markdown' http://127.0.0.1:8081/ocr"
echo "The command ocr and the Python client are in wheels/: see docs/air-gapped.md."
