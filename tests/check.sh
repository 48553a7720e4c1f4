#!/usr/bin/env bash
# What can be said about the code without running it: format, lint, types, shell, workflows. `--format` mends the format.
set -euo pipefail

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    bash lab/install.sh
    bash lab/packages.sh shellcheck shfmt
    PATH=$PWD/node_modules/.bin:$PATH
    local scripts
    mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' '.ci/run')
    if [[ ${1:-} == --format ]]; then
        prettier --write --log-level warn .
        shfmt --write --indent 4 "${scripts[@]}"
        return
    fi
    step "format" prettier --check --log-level warn .
    step "shell format" shfmt --diff --indent 4 "${scripts[@]}"
    step "shell" shellcheck --external-sources "${scripts[@]}"
    step "workflows" bash tests/actionlint.sh
    step "types" tsc -p tsconfig.json
    step "types of lab/" tsc -p lab/tsconfig.json
    step "types of scripts/ci/" tsc -p scripts/ci/tsconfig.json
    step "types of tests/" tsc -p tests/tsconfig.json
    step "lint" eslint --max-warnings 0 .
    echo "check: all clean"
}

step() {
    local what=$1
    shift
    "$@" || {
        echo "check: $what is not clean; npm run format mends formats" >&2
        exit 1
    }
}

main "$@"
