#!/usr/bin/env bash
# Checks the workflows with actionlint, which is built from its Go module where this version is not there yet.
set -euo pipefail

readonly module=github.com/rhysd/actionlint/cmd/actionlint version=v1.7.12

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    # Beside what the lab keeps (lab/settings.ts).
    local folder=${LAB_CACHE_DIR:-$HOME/.cache/airflow-ha}/actionlint-$version
    [[ -x $folder/actionlint ]] || build "$folder"
    "$folder/actionlint" "$@"
}

build() {
    local folder=$1 part
    PATH=$PATH:/usr/local/go/bin
    command -v go >/dev/null || bash lab/packages.sh golang-go
    echo "building actionlint $version from Go modules (once)" >&2
    mkdir -p "$(dirname "$folder")"
    part=$(mktemp -d "$folder.part-XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$part'" EXIT
    CGO_ENABLED=0 GOWORK=off GOTOOLCHAIN=auto GOFLAGS=-trimpath GOBIN=$part go install "$module@$version"
    mkdir -p "$folder"
    mv "$part/actionlint" "$folder/actionlint"
}

main "$@"
