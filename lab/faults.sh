#!/usr/bin/env bash
# `npm run faults -- …`: breaks the lab in many ways, and counts what that costs.
set -euo pipefail

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    bash lab/install.sh
    exec node_modules/.bin/node lab/faults.ts "$@"
}

main "$@"
