"""Takes the leadership from a primary whose machine is gone, sooner than its lease runs out: once all other nodes have
noticed it and let nothing from or to it through any more. docs/decisions/fast-failover.md. Its argument is a JSON file
that components/patroni/guard.ts renders."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import traceback

from failover_decide import DELETE, FENCE, HOLD, REST, SUSPECT, Claim, View, decide, obstacle
from failover_etcd import Etcd
from failover_signs import Signs, own_replica

# Seconds between two looks: as a rule, and once something is wrong.
CALM, ALERT = 0.5, 0.2

# Its own table: a reload of the machine's firewall leaves it alone. What this node sends is refused rather than
# dropped: who waits for an answer of the old primary learns at once that none comes.
TABLE = """
table inet airflow_ha_failover {
    set fenced { type ipv4_addr; flags timeout; }
    chain input { type filter hook input priority filter - 10; policy accept; }
    chain output { type filter hook output priority filter - 10; policy accept; }
}
flush chain inet airflow_ha_failover input
flush chain inet airflow_ha_failover output
table inet airflow_ha_failover {
    chain input {
        iif "lo" accept
        ip saddr @fenced drop
    }
    chain output {
        ip daddr @fenced meta l4proto tcp reject with tcp reset
        ip daddr @fenced drop
    }
}
"""


class Fence:
    def __init__(self, seconds):
        self.seconds = seconds
        nft(TABLE)

    def raise_against(self, address):
        nft(f"{TABLE}\nadd element inet airflow_ha_failover fenced {{ {address} timeout {self.seconds}s }}")
        # Sockets that only listen, as a watch on the old primary's etcd, would wait for a long time. The fence stands anyway.
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(["ss", "--kill", "dst", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=5)

    def addresses(self):
        """Who is behind it now, asked of the kernel."""
        try:
            listed = nft(None, "--json", "list", "set", "inet", "airflow_ha_failover", "fenced")
        except OSError:
            return []  # somebody has flushed the packet filter
        sets = [each["set"] for each in json.loads(listed)["nftables"] if "set" in each]
        return [element["elem"]["val"] for each in sets for element in each.get("elem", [])]


def nft(commands, *arguments):
    told = ["--file", "-"] if commands else list(arguments)
    done = subprocess.run(["nft", *told], input=commands, capture_output=True, text=True, timeout=5)
    if done.returncode != 0:
        raise OSError(f"nft: {done.stderr.strip()}")
    return done.stdout


class Guard:
    def __init__(self, config):
        self.name, self.nodes = config["name"], config["nodes"]
        self.config, self.own = config, config["nodes"][config["name"]]
        self.etcd = Etcd(config["etcd"], config["scope"])
        self.signs = Signs(config["ports"]["postgres"], config["ports"]["patroni"])
        self.fence = Fence(config["fenceFor"])
        self.fenced = None  # (holder, revision), timeline, since
        self.claimed = None
        self.kept_alive = 0
        self.received = None
        self.said = None

    def look(self):
        """One round; gives the seconds until the next."""
        holder = self.etcd.read(own_copy=True)[0].holder
        self.signs.watch(None if holder == self.name else self.nodes.get(holder))
        if not self.fenced and not self.claimed and (not self.signs.address or self.signs.silence() < 1):
            self.received = None
            return CALM
        cluster, conditions = self.read()
        read_at = time.monotonic()
        if cluster is not None and cluster.holder != holder:
            # The own copy is behind: what was not heard was of another node.
            self.rest(cluster)
            return ALERT
        view = self.view(cluster)
        step, term = decide(self.name, self.nodes, view)
        if step == REST:
            reason = obstacle(self.name, self.nodes, view)
            self.say(reason and f"nothing is done: {reason}", loud=view.silent)
            self.rest(cluster)
            return CALM if reason else ALERT
        if step == SUSPECT:
            self.say(f"{term.holder} is silent", f"for {self.signs.silence():.1f} s")
            self.claim(Claim(term, False))
        else:
            if step == FENCE:
                # Its age begins before it stands, whatever the commands take.
                since = time.monotonic()
                self.fence.raise_against(self.nodes[term.holder])
                self.fenced = (term.holder, term.revision), term.timeline, since
                self.say(f"all nodes miss {term.holder}: it is fenced off", f"for {self.config['fenceFor']} s")
            self.claim(Claim(term, True))
            # What was read must not be old news, for instance because this process stood still.
            if step == DELETE and time.monotonic() - read_at < 1 and self.etcd.delete_leader(conditions):
                self.say(f"all nodes have fenced {term.holder} off: its leader key is deleted")
        return ALERT

    def read(self):
        try:
            return self.etcd.read()
        except OSError:
            return None, []

    def view(self, cluster):
        longest = self.config["ttl"]
        known = cluster and cluster.holder and (cluster.holder, cluster.revision)
        standing = self.fence.addresses()
        if self.fenced and self.fenced[0] == known and self.nodes[cluster.holder] in standing:
            _, timeline, since = self.fenced
            return View(cluster, timeline, True, time.monotonic() - since, longest_ttl=longest)
        if self.fenced and self.fenced[0] == known:
            # Somebody has flushed the packet filter: nothing that was not heard meanwhile counts.
            self.signs.sign(time.monotonic())
        if not standing:
            self.fenced = None
        timeline = self.own_timeline()
        silent = self.signs.silence() >= self.config["suspectAfter"]
        return View(cluster, timeline, silent, None, bool(standing), longest)

    def own_timeline(self):
        """WAL that still arrives is a sign of life."""
        asked = time.monotonic()
        own = own_replica(self.own, self.config["ports"]["patroni"])
        if own is None:
            return None
        timeline, received = own
        if self.received not in (None, received):
            self.signs.sign(asked)
        self.received = received
        return timeline

    def claim(self, claim):
        """Written once, then kept alive."""
        if self.claimed == claim and time.monotonic() - self.kept_alive > 1:
            self.kept_alive = time.monotonic()
            if not self.etcd.keep_alive():
                self.claimed = None
        if self.claimed != claim:
            self.etcd.claim(self.name, claim)
            self.claimed, self.kept_alive = claim, time.monotonic()

    def rest(self, cluster):
        self.claimed = None
        if cluster is not None:
            self.etcd.withdraw()

    def say(self, what, more="", loud=True):
        """Once, not in every round."""
        if what and what != self.said and loud:
            print(what, more, flush=True)
        if loud or not what:
            self.said = what


def notify(state):
    """Tells systemd."""
    if path := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.connect(path.replace("@", "\0", 1))
            systemd.send(state.encode())


def end_all(failure):
    """No guard may go on without the thread that looks: systemd starts all of it anew."""
    traceback.print_exception(failure.exc_type, failure.exc_value, failure.exc_traceback)
    os._exit(1)


def main():
    threading.excepthook = end_all
    with open(sys.argv[1]) as file:
        guard = Guard(json.load(file))
    notify("READY=1")
    while True:
        try:
            pause = guard.look()
        except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
            guard.say(str(error))
            pause = CALM
        notify("WATCHDOG=1")
        time.sleep(pause)


if __name__ == "__main__":
    main()
