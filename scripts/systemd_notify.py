"""Tells systemd of a service's state (sd_notify(3))."""

import os
import socket


def notify(state):
    if path := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.connect(path.replace("@", "\0", 1))
            systemd.send(state.encode())
