#!/usr/bin/env bash
# `npm run lab`: installs what is missing, then goes on in TypeScript (lab/main.ts).
set -euo pipefail

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    bash lab/install.sh
    # Every command begins with a start of Node, and tests ask for hundreds: half of its time is reading these sources.
    export NODE_COMPILE_CACHE=$PWD/node_modules/.cache/node
    exec node_modules/.bin/node lab/main.ts "$@"
}

main "$@"
