#!/usr/bin/env bash
# run.sh unit|lab|long [JEST ARGUMENTS...]: one of the kinds of tests.
set -euo pipefail

main() {
    local kind=$1
    shift
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    bash lab/install.sh
    # Node of the project's own version, as `npm run` finds it.
    PATH=$PWD/node_modules/.bin:$PATH
    # The lab's tests build on one lab and on each other's order. They take long: each says when it is done.
    local order=()
    [[ $kind == unit ]] || order=(--runInBand --verbose)
    # Once for all tests of it, and outside of their time: on a new machine it is built.
    [[ $kind != unit ]] || node_modules/.bin/node -e 'import("./lab/engine/index.ts").then((it) => it.ensureEngine())'
    exec node_modules/.bin/jest "${order[@]}" "$@" --selectProjects "$kind"
}

main "$@"
