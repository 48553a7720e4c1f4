"""Signs of life of the primary, and what the own replica says."""

import os
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from etcd_json import ask

# Seconds between two looks, and for an answer.
INTERVAL = 0.5
TIMEOUT = 1


class Signs:
    """Looks at one address all the time. A ping that is answered is enough; PostgreSQL's port and Patroni's REST API
    are asked when it is not. `heard` is when the last question that was answered was asked."""

    def __init__(self, postgres_port, patroni_port):
        self.postgres_port, self.patroni_port = postgres_port, patroni_port
        self.address = None
        self.heard = time.monotonic()
        self.pool = ThreadPoolExecutor(2)
        threading.Thread(target=self.look_always, daemon=True).start()

    def watch(self, address):
        """Another address counts as heard of."""
        if address != self.address:
            self.address, self.heard = address, time.monotonic()

    def sign(self, since):
        self.heard = max(self.heard, since)

    def silence(self):
        return time.monotonic() - self.heard

    def look_always(self):
        while True:
            began, address = time.monotonic(), self.address
            if address and self.alive(address) and address == self.address:
                self.sign(began)
            time.sleep(max(0.05, INTERVAL - (time.monotonic() - began)))

    def alive(self, address):
        if pinged(address):
            return True
        ports = (self.postgres_port, self.patroni_port)
        return any(self.pool.map(lambda port: answers(address, port), ports))


def pinged(address):
    """Whether the machine answers an ICMP echo request."""
    wanted = struct.pack("!HH", os.getpid() & 0xFFFF, int(time.monotonic() * 10) & 0xFFFF)
    header = struct.pack("!BBH", 8, 0, 0) + wanted
    total = sum(struct.unpack("!4H", header))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    deadline = time.monotonic() + TIMEOUT
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


def answers(address, port):
    """Whether anything comes back: a refusal is a sign of life too."""
    try:
        socket.create_connection((address, port), TIMEOUT).close()
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
