#!/usr/bin/env bash
# Has sshd read its configuration again; connections stay.
set -euo pipefail

main() {
    sshd -t || die "sshd refuses its configuration"
    systemctl reload ssh || die_with_journal ssh "sshd does not take its configuration"
}

main "$@"
