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
    step "types of examples/" tsc -p examples/tsconfig.json
    step "lint" eslint --max-warnings 0 .
    step "build" npm run --silent build
    api
    step "reference" typedoc --options docs/api/typedoc.json --logLevel Warn --emit none
    echo "check: all clean"
}

# docs/api/airflow-ha.api.md is what other stacks see: whoever changes it has to see that, too.
api() {
    mkdir -p node_modules/.cache/api-extractor
    api-extractor run --config docs/api/api-extractor.json >/dev/null || {
        echo "check: the package's API is undocumented in part or is not what docs/api/airflow-ha.api.md says;" \
            "npm run api writes that file, and its diff is to be read" >&2
        exit 1
    }
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
