#!/usr/bin/env bash
# Awaits the machine's address in Hetzner's private network. The image's own tools ask for it by DHCP when the interface
# is plugged in; where none does, systemd-networkd is told to.
#   ADDRESS  the address
#   MAC      that interface's hardware address
set -euo pipefail

main() {
    : "${ADDRESS:?}" "${MAC:?}"
    wait_until 30 "the private address $ADDRESS is there" has_address && return
    plugged_in || die "no interface with the hardware address $MAC is there: $(ip -brief link)"
    say "nothing asks for an address on $(interface) by itself"
    cat >/etc/systemd/network/20-airflow-ha-private.network <<NETWORK
[Match]
MACAddress=$MAC

[Link]
RequiredForOnline=no

[Network]
DHCP=ipv4
IPv6AcceptRA=no

[DHCPv4]
UseDNS=no
NETWORK
    systemctl enable --quiet --now systemd-networkd
    networkctl reload
    wait_until 60 "the private address $ADDRESS is there" has_address ||
        die_with_journal systemd-networkd "$(interface) does not get the address $ADDRESS: $(ip -brief address)"
}

has_address() { [[ -n $(ip -4 -oneline address show to "$ADDRESS/32") ]]; }

plugged_in() { [[ -n $(interface) ]]; }

interface() { ip -oneline link show | awk -v mac="$MAC" '$0 ~ mac { sub(/[@:].*/, "", $2); print $2 }'; }

main "$@"
