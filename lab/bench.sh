#!/usr/bin/env bash
# `npm run bench -- …`: what is claimed of speed, measured on this machine.
set -euo pipefail

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    bash lab/install.sh
    exec node_modules/.bin/node lab/bench.ts "$@"
}

main "$@"
