#!/usr/bin/env bash
# `npm run lab`: installs what is missing, then goes on in TypeScript (lab/main.ts).
set -euo pipefail

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    bash lab/install.sh
    exec node_modules/.bin/node lab/main.ts "$@"
}

main "$@"
