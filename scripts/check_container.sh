#!/usr/bin/env bash
# Builds packaging/Containerfile on a Debian made by debootstrap, without a registry of images, and
# trains, samples and stops a run in it. The storage is a folder of its own, removed afterwards.
# Everything runs in a changed root (buildah's isolation `chroot`), so that it works where neither
# cgroups nor namespaces may be made, as within another container.
#
#   apt-get install buildah podman debootstrap
#   scripts/release.sh && scripts/check_container.sh
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$work"' EXIT
storage=(--root "$work/root" --runroot "$work/run" --storage-driver vfs)

debootstrap --variant=minbase bookworm "$work/debian" > "$work/debootstrap.log" ||
    { tail "$work/debootstrap.log"; exit 1; }
tar --create --directory "$work/debian" . |
    podman "${storage[@]}" import - localhost/debian:bookworm > /dev/null
rm -rf "$work/debian"
buildah "${storage[@]}" bud --isolation chroot --build-arg BASE=localhost/debian:bookworm \
    --file packaging/Containerfile --tag gan-tui target/release-files
buildah "${storage[@]}" images

mkdir -m 1777 "$work/runs"
container=$(buildah "${storage[@]}" from localhost/gan-tui)
run() { # options of buildah, `--`, and the program's arguments
    local options=()
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    buildah "${storage[@]}" run --isolation chroot --volume "$work/runs:/srv/runs" "${options[@]}" \
        "$container" -- gan-tui "${@:2}"
}
run -- --version
run --user 1000:1000 -- train --preset mlp --data synthetic --iterations 50 --out runs/a --quiet
run --user 1000:1000 -- sample runs/a --count 4 --out runs/a.png
file "$work/runs/a.png"

# What a container is sent when it is stopped: the run is saved, and continues.
run -- train --preset mlp --data synthetic --out runs/long --quiet &
until [ -s "$work/runs/long/metrics.jsonl" ]; do sleep 0.2; done
pkill -TERM -f '^[^ ]*gan-tui train --preset mlp --data synthetic --out runs/long'
status=0
wait $! || status=$?
echo "stopped with status $status"
[ "$status" = 143 ]
grep --quiet '"stopped"' "$work/runs/long/run.json"
run -- resume runs/long --headless --quiet --iterations 400
run -- runs runs
