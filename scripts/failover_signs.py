"""Signs of life of the primary, and what the own replica says."""

import os
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

from etcd_json import ask

# Seconds: between two looks; for an answer; after which a ping is not waited for alone; from the end of one look to that of
# the next, where it took longer because this process stood still.
INTERVAL = 0.25
TIMEOUT = 1
ALONE = 0.3
LONGEST = 2


class Signs:
    """Looks at one address all the time. A ping that is answered is enough; PostgreSQL's port and Patroni's REST API
    are asked when it is not soon. `heard` is when the last question that was answered was asked, `missed` when the last
    one that was not was given up: silence is what was listened to, not time that went by."""

    def __init__(self, postgres_port, patroni_port):
        self.postgres_port, self.patroni_port = postgres_port, patroni_port
        self.address = None
        self.heard = self.missed = time.monotonic()
        self.pool = ThreadPoolExecutor(3)
        threading.Thread(target=self.look_always, daemon=True).start()

    def watch(self, address):
        """Another address counts as heard of."""
        if address != self.address:
            self.address, self.heard = address, time.monotonic()

    def sign(self, since):
        self.heard = max(self.heard, since)

    def silence(self):
        if time.monotonic() - self.missed > LONGEST:
            return 0  # nobody has looked since
        return max(0, self.missed - self.heard)

    def look_always(self):
        ended = time.monotonic()
        while True:
            began, address = time.monotonic(), self.address
            try:
                alive = bool(address) and self.alive(address)
            except Exception as error:  # nothing is known then, and the next look may tell
                print(f"{address} cannot be looked at: {error!r}", flush=True)
                alive = True
            before, ended = ended, time.monotonic()
            if ended - before > LONGEST:
                if self.missed > self.heard:
                    print(f"this node stood still for {ended - before:.1f} s: the silence of {address} counts anew", flush=True)
                self.sign(ended)
            elif address == self.address:
                self.note(alive, began, ended)
            time.sleep(max(0.05, INTERVAL - (ended - began)))

    def note(self, alive, began, ended):
        if alive:
            self.sign(began)
        else:
            self.missed = ended

    def alive(self, address):
        deadline = time.monotonic() + TIMEOUT
        ping = self.pool.submit(pinged, address, deadline)
        if wait([ping], ALONE).done and ping.result():
            return True
        ports = (self.postgres_port, self.patroni_port)
        return any([*self.pool.map(lambda port: answers(address, port, deadline), ports), ping.result()])


def pinged(address, deadline):
    """Whether the machine answers an ICMP echo request."""
    wanted = struct.pack("!HH", os.getpid() & 0xFFFF, int(time.monotonic() * 10) & 0xFFFF)
    header = struct.pack("!BBH", 8, 0, 0) + wanted
    total = sum(struct.unpack("!4H", header))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ping:
            ping.connect((address, 0))
            ping.send(header[:2] + struct.pack("!H", checksum) + wanted)
            while (rest := deadline - time.monotonic()) > 0:
                ping.settimeout(rest)
                packet = ping.recv(1024)
                answer = packet[(packet[0] & 15) * 4 :]
                if answer[0] == 0 and answer[4:8] == wanted:
                    return True
    except OSError:
        pass
    return False


def answers(address, port, deadline):
    """Whether anything comes back: a refusal is a sign of life too."""
    try:
        socket.create_connection((address, port), max(0.1, deadline - time.monotonic())).close()
        return True
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def own_replica(address, port):
    """Timeline and last received WAL location of the own PostgreSQL, or None when it could not take over."""
    try:
        status = ask(f"http://{address}:{port}/patroni")
    except OSError:
        return None
    if status.get("role") != "replica" or status.get("state") != "running" or not status.get("timeline"):
        return None
    return status["timeline"], status.get("xlog", {}).get("received_location")
