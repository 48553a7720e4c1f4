"""What Hetzner's own Python client does with the lab's cloud. Each function takes the client and the test's
arguments, and gives facts, as JSON, that the test compares."""

import json
import os
import sys

from hcloud import APIException, Client
from hcloud.actions import ActionFailedException
from hcloud.firewalls import Firewall, FirewallResource, FirewallRule
from hcloud.images import Image
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers import (
    LoadBalancerHealthCheck,
    LoadBalancerHealthCheckHttp,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
)
from hcloud.locations import Location
from hcloud.networks import NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers import Server
from hcloud.zones import ZoneRecord


def error(action):
    """The error that an action ends with, as the client raises it."""
    try:
        action()
    except APIException as raised:
        return {"code": raised.code, "message": raised.message, "details": raised.details}
    except ActionFailedException as raised:
        return raised.action.error
    return None


def ssh_keys(client, public_key, other_key):
    made = client.ssh_keys.create("first", public_key, labels={"env": "test"})
    client.ssh_keys.create("second", other_key)
    renamed = made.update(name="renamed", labels={"env": "prod", "tier": "web"})
    return {
        "fingerprint": made.fingerprint,
        "byName": client.ssh_keys.get_by_name("renamed").id == made.id,
        "byFingerprint": client.ssh_keys.get_by_fingerprint(made.fingerprint).id == made.id,
        "labels": renamed.labels,
        "selected": {
            selector: [key.name for key in client.ssh_keys.get_all(label_selector=selector)]
            for selector in ["env=prod", "env!=prod", "!env", "tier in (web,db),env", "env notin (prod)"]
        },
        "sameName": error(lambda: client.ssh_keys.create("renamed", public_key)),
        "sameKey": error(lambda: client.ssh_keys.create("third", public_key)),
        "noKey": error(lambda: client.ssh_keys.create("third", "not a key")),
        "deleted": made.delete(),
        "gone": error(lambda: client.ssh_keys.get_by_id(made.id)),
        "left": [key.name for key in client.ssh_keys.get_all()],
    }


def pagination(client, public_keys):
    keys = [client.ssh_keys.create(f"page-{n}", key) for n, key in enumerate(public_keys)]
    pages = []
    page = 1
    while page is not None:
        listed, meta = client.ssh_keys.get_list(page=page, per_page=2, label_selector="!other")
        pages.append([key.name for key in listed if key.name.startswith("page-")])
        page = meta.pagination.next_page
    first = client.ssh_keys.get_list(page=2, per_page=2)[1].pagination
    everything = [key.name for key in client.ssh_keys.get_all() if key.name.startswith("page-")]
    for key in keys:
        key.delete()
    return {
        "pages": pages,
        "all": everything,
        "second": {
            name: getattr(first, name)
            for name in ["page", "per_page", "previous_page", "next_page", "last_page", "total_entries"]
        },
        "tooMany": error(lambda: client.ssh_keys.get_list(per_page=51)),
    }


def catalog(client):
    return {
        "locations": sorted(each.name for each in client.locations.get_all()),
        "image": client.images.get_by_name_and_architecture("debian-13", "x86").os_flavor,
        "type": {
            name: getattr(client.server_types.get_by_name("cx33"), name)
            for name in ["cores", "memory", "disk", "architecture"]
        },
        "offered": sorted(
            each.location.name for each in client.server_types.get_by_name("cx33").locations if each.available
        ),
        "left": sorted(
            each.location.name for each in client.server_types.get_by_name("cx53").locations if each.available
        ),
        "soldOut": error(
            lambda: client.servers.create(
                "none", ServerType(name="cx53"), Image(name="debian-13"), location=Location(name="hel1")
            )
        ),
        "unknownType": client.server_types.get_by_name("cx99"),
    }


def errors(client, endpoint):
    stranger = Client(token="x" * 64, api_endpoint=endpoint)
    return {
        "stranger": error(lambda: stranger.servers.get_all()),
        "noServer": error(lambda: client.servers.get_by_id(999999)),
        "noRoute": error(lambda: client.request(method="GET", url="/volumes")),
        "noBody": error(lambda: client.request(method="POST", url="/servers", json={})),
        "badRule": error(
            lambda: client.firewalls.create(
                "bad",
                rules=[
                    FirewallRule(direction="in", protocol="tcp", port="99999", source_ips=["10.0.0.1/8"]),
                    FirewallRule(direction="in", protocol="icmp", source_ips=[]),
                ],
            )
        ),
    }


def create_server(client, name, public_key, user_data):
    key = client.ssh_keys.create(name, public_key)
    arguments = {
        "name": name,
        "server_type": ServerType(name="cx23"),
        "image": Image(name="debian-13"),
        "location": Location(name="nbg1"),
        "ssh_keys": [key],
        "labels": {"test": "conformance"},
    }
    made = client.servers.create(**arguments, user_data=user_data)
    at_once = made.server.status
    for action in [made.action, *made.next_actions]:
        action.wait_until_finished()
    server = client.servers.get_by_name(name)
    updated = server.update(labels={"test": "updated"})
    return {
        "id": server.id,
        "address": server.public_net.ipv4.ip,
        "atOnce": at_once,
        "status": server.status,
        "commands": [made.action.command, *[action.command for action in made.next_actions]],
        "rootPassword": made.root_password,
        "type": server.server_type.name,
        "location": server.location.name,
        "disk": server.primary_disk_size,
        "updated": updated.labels,
        "sameName": error(lambda: client.servers.create(**arguments)),
        "elsewhere": error(
            lambda: client.servers.create(**{**arguments, "name": "other", "location": Location(name="ash")})
        ),
        "badName": error(lambda: client.servers.create(**{**arguments, "name": "no_host_name"})),
    }


def firewall(client, server, given):
    """Applies a firewall with rules such as ["in", "tcp", "22"]; without rules it is taken away."""
    found = client.firewalls.get_by_name("conformance")
    anywhere = ["198.18.0.0/15", "::/0"]
    rules = [
        FirewallRule(
            direction=direction,
            protocol=protocol,
            port=port,
            source_ips=anywhere if direction == "in" else [],
            destination_ips=anywhere if direction == "out" else [],
        )
        for direction, protocol, port in given
    ]
    resource = FirewallResource(type="server", server=Server(id=server))
    if found is None:
        made = client.firewalls.create("conformance", rules=rules, resources=[resource])
        actions = made.actions
    elif rules:
        actions = found.set_rules(rules)
    else:
        in_use = error(found.delete)
        actions = found.remove_from_resources([resource])
    for action in actions:
        action.wait_until_finished()
    applied = [each.firewall.id for each in client.servers.get_by_id(server).public_net.firewalls]
    if found is not None and not rules:
        found.delete()
        return {"inUse": in_use, "applied": applied, "left": client.firewalls.get_all()}
    current = client.firewalls.get_by_name("conformance")
    return {
        "applied": applied == [current.id],
        "to": [each.server.id for each in current.applied_to],
        "rules": [
            [each.direction, each.protocol, each.port, each.source_ips, each.destination_ips] for each in current.rules
        ],
        "commands": [action.command for action in actions],
    }


def power(client, server, command):
    """A power command, and how the server is afterwards."""
    bound = client.servers.get_by_id(server)
    action = getattr(bound, command)()
    action.wait_until_finished()
    bound.reload()
    last = bound.get_actions_list(sort=["id:desc"]).actions[0]
    return {"status": bound.status, "command": action.command, "last": last.id == action.id}


def status(client, server):
    return client.servers.get_by_id(server).status


def change(client, server):
    """Type and protection, while the server is off and while it is on."""
    bound = client.servers.get_by_id(server)
    running = error(lambda: bound.change_type(ServerType(name="cx33"), upgrade_disk=True))
    bound.power_off().wait_until_finished()
    bound.change_type(ServerType(name="cx33"), upgrade_disk=True).wait_until_finished()
    bound.change_protection(delete=True, rebuild=True).wait_until_finished()
    bound.reload()
    kept = error(bound.delete)
    bound.change_protection(delete=False, rebuild=False).wait_until_finished()
    return {
        "running": running,
        "type": bound.server_type.name,
        "disk": bound.primary_disk_size,
        "protection": bound.protection,
        "kept": kept,
    }


def balance(client, server, port):
    """Puts a load balancer in front of the server's port, over a private network."""
    bound = client.servers.get_by_id(server)
    stray = error(lambda: client.certificates.create_managed("stray", ["www.example.org"]).action.wait_until_finished())
    client.zones.create(name="example.com", mode="primary").action.wait_until_finished()
    zone = client.zones.get("example.com")
    network = client.networks.create("private", "10.77.0.0/16")
    outside = NetworkSubnet(ip_range="10.78.0.0/24", type="cloud", network_zone="eu-central")
    inside = NetworkSubnet(ip_range="10.77.1.0/24", type="cloud", network_zone="eu-central")
    wrong_subnet = error(lambda: network.add_subnet(outside))
    network.add_subnet(inside).wait_until_finished()
    bound.attach_to_network(network, ip="10.77.1.5").wait_until_finished()
    certificate = client.certificates.create_managed("web", ["www.example.com"])
    certificate.action.wait_until_finished()
    issued = client.certificates.get_by_name("web")
    balancer = client.load_balancers.create(
        "web", LoadBalancerType(name="lb11"), location=Location(name="nbg1")
    ).load_balancer
    target = LoadBalancerTarget(type="server", server=bound, use_private_ip=True)
    too_early = error(lambda: balancer.add_target(target))
    balancer.attach_to_network(network, ip="10.77.1.2").wait_until_finished()
    taken = error(lambda: client.servers.get_by_id(server).attach_to_network(network))
    balancer.add_target(target).wait_until_finished()
    check = LoadBalancerHealthCheck(protocol="http", port=port, interval=3, timeout=2, retries=2)
    check.http = LoadBalancerHealthCheckHttp(path="/", status_codes=["2??"])
    service = LoadBalancerService(protocol="https", listen_port=443, destination_port=port, proxyprotocol=False)
    service.http = LoadBalancerServiceHttp(certificates=[issued], redirect_http=True)
    service.health_check = check
    balancer.add_service(service).wait_until_finished()
    zone.create_rrset(name="www", type="A", records=[ZoneRecord(balancer.public_net.ipv4.ip)], ttl=300)
    bound.reload()
    network.reload()
    return {
        "address": balancer.public_net.ipv4.ip,
        "certificate": issued.certificate,
        "status": issued.status.issuance,
        "names": issued.domain_names,
        "stray": stray,
        "wrongSubnet": wrong_subnet,
        "tooEarly": too_early,
        "taken": taken,
        "private": [[each.ip, each.mac_address] for each in bound.private_net],
        "members": [each.id for each in network.servers] == [server],
        "record": [each.value for each in zone.get_rrset("www", "A").records],
    }


def balanced(client):
    """How the load balancer sees its targets."""
    balancer = client.load_balancers.get_by_name("web")
    return [each.status for target in balancer.targets for each in target.health_status]


def unbalance(client):
    """Takes all of it away, after what must not go while it is in use."""
    balancer = client.load_balancers.get_by_name("web")
    certificate = client.certificates.get_by_name("web")
    in_use = error(certificate.delete)
    balancer.change_protection(delete=True).wait_until_finished()
    protected = error(balancer.delete)
    balancer.change_protection(delete=False).wait_until_finished()
    balancer.delete()
    for each in client.certificates.get_all():
        each.delete()
    client.networks.get_by_name("private").delete()
    zone = client.zones.get("example.com")
    zone.get_rrset("www", "A").delete_rrset().action.wait_until_finished()
    records = len(zone.get_rrset_all())
    zone.delete().action.wait_until_finished()
    left = [client.load_balancers, client.certificates, client.networks, client.zones]
    return {"inUse": in_use, "protected": protected, "records": records, "left": sum(len(c.get_all()) for c in left)}


def delete_server(client, server):
    bound = client.servers.get_by_id(server)
    action = bound.delete()
    action.wait_until_finished()
    return {
        "gone": error(lambda: client.servers.get_by_id(server)),
        "left": [each.name for each in client.servers.get_all()],
        "action": client.actions.get_by_id(action.id).command,
    }


def main():
    name, *arguments = sys.argv[1:]
    endpoint = os.environ["HCLOUD_ENDPOINT"]
    client = Client(token=os.environ["HCLOUD_TOKEN"], api_endpoint=endpoint, poll_interval=0.2)
    if name == "errors":
        arguments = [json.dumps(endpoint)]
    facts = globals()[name](client, *[json.loads(each) for each in arguments])
    print(json.dumps(facts))


main()
