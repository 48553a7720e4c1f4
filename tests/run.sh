#!/usr/bin/env bash
# run.sh unit|lab|faults [JEST ARGUMENTS...]: one of the two kinds of tests.
set -euo pipefail

main() {
    local kind=$1
    shift
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    bash lab/install.sh
    # The lab's tests build on one lab and on each other's order.
    local order=()
    [[ $kind == unit ]] || order=(--runInBand)
    exec node_modules/.bin/jest "${order[@]}" "$@" --selectProjects "$kind"
}

main "$@"
