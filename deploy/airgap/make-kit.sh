#!/usr/bin/env bash
# On a machine with Docker and a network: builds the images and writes all that an isolated machine needs to a folder.
#
#   deploy/airgap/make-kit.sh [--no-build] [FOLDER]     (default: airgap-kit)
#
# What is built is what Compose would start here: .env, COMPOSE_FILE and COMPOSE_PROFILES say whether that is the CPU or
# the GPU product, and whether Prometheus or S3 come along. COMPOSE names the command, by default `docker compose`.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=yes
if [[ "${1:-}" == --no-build ]]; then
    build=no
    shift
fi
kit=$(realpath -m "${1:-airgap-kit}")
read -ra compose <<<"${COMPOSE:-docker compose}"

if [[ -e "$kit" && -n "$(ls -A "$kit")" ]]; then
    echo "$kit is not empty: name another folder, or remove it." >&2
    exit 1
fi
mkdir -p "$kit/images" "$kit/deploy"

export VERSION="${VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)}"
export REVISION="${REVISION:-$(git rev-parse --short HEAD 2>/dev/null || echo unknown)}"
if [[ "$build" == yes ]]; then
    "${compose[@]}" build
fi

mapfile -t images < <("${compose[@]}" config --images | sort -u)
for image in "${images[@]}"; do
    if [[ "$image" == */paddleocr-vl-gateway:* ]]; then
        gateway=$image
    fi
    if ! docker image inspect "$image" >/dev/null 2>&1; then
        echo "pulling $image"
        docker pull --quiet "$image"
    fi
    file="images/$(tr '/:' '__' <<<"$image").tar"
    echo "saving $image to $file"
    docker save --output "$kit/$file" "$image"
    chmod a+r "$kit/$file"
    echo "$file $(docker image inspect --format '{{.Id}}' "$image") $image" >>"$kit/images.txt"
done

# The command `ocr` and the Python client, for the machines that send documents.
container=$(docker create --network none "$gateway")
docker cp "$container:/wheels" "$kit/wheels"
docker rm --volumes "$container" >/dev/null

cp docker-compose.yml docker-compose.gpu.yml "$kit/"
# The chart has links to the rules and the dashboard, which it takes along as files.
cp -rL deploy/compose deploy/prometheus deploy/grafana deploy/helm "$kit/deploy/"
cp -r docs README.md README.ru.md LICENSE "$kit/"
cp deploy/airgap/load.sh "$kit/"
mkdir "$kit/samples" && cp samples/sample.pdf "$kit/samples/"
# What the pages link to comes along, so that no link is dead.
for page in README.md README.ru.md docs/*.md docs/ru/*.md; do
    for link in $(grep -oP '\]\((?!https?:)\K[^)#\s]+' "$page"); do
        target=$(realpath --relative-to=. "$(dirname "$page")/$link")
        if [[ ! -e "$kit/$target" ]]; then
            cp -rL --parents "$target" "$kit/"
        fi
    done
done

setting() { # NAME: its value in the environment, or in .env
    if [[ -n "${!1:-}" ]]; then
        echo "${!1}"
    elif [[ -e .env ]]; then
        sed -n "s/^$1=//p" .env | tail -n 1
    fi
}

# The settings of the isolated machine: the same product, and nothing is built or pulled there.
{
    echo "PULL_POLICY=never"
    for name in COMPOSE_FILE COMPOSE_PROFILES REGISTRY TAG GATEWAY_TAG PROMETHEUS_IMAGE S3_IMAGE; do
        value=$(setting "$name")
        if [[ -n "$value" ]]; then
            echo "$name=$value"
        fi
    done
    echo
    cat deploy/compose/env.example
} >"$kit/env.example"

(cd "$kit" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
echo
echo "$kit is complete ($(du -sh "$kit" | cut -f1)). Copy it to the isolated machine, and there:"
echo "    cd $(basename "$kit") && ./load.sh"
