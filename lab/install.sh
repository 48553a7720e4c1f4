#!/usr/bin/env bash
# Installs the project's npm packages where they are missing or older than package-lock.json.
# Every command of package.json begins here, so that a fresh clone needs no step before it.
set -euo pipefail

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    ! is_installed || return 0
    command -v npm >/dev/null || {
        echo "npm is not on PATH: install Node.js (20 or newer) with npm" >&2
        exit 1
    }
    # Two at once would remove each other's files.
    exec 9<package-lock.json
    flock --nonblock 9 || {
        echo "waiting for another command that installs npm packages" >&2
        flock 9
        ! is_installed || return 0
    }
    echo "installing npm packages (about a minute)" >&2
    npm ci --no-audit --no-fund --loglevel=error >&2
    touch node_modules/.package-lock.json
}

is_installed() { [[ node_modules/.package-lock.json -nt package-lock.json && -x node_modules/.bin/node ]]; }

main "$@"
