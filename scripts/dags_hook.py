#!/usr/bin/python3 -ISB
"""git's hook proc-receive. Gives its streams to dag-git.service, which answers git (dags_receive.py), and waits: what the
service has loaded already each push would have to wait for."""

import contextlib
import os
import socket
import sys

with socket.socket(socket.AF_UNIX) as service:
    try:
        service.connect(os.environ["DAG_GIT_SOCKET"])
        socket.send_fds(service, [b"\n"], [0, 1, 2])
    except OSError as error:
        sys.exit(f"dag-git.service does not run on this node, so nothing has moved: {error}")
    # One byte, when git has been answered.
    answered = b""
    with contextlib.suppress(OSError):
        answered = service.recv(1)
    if not answered:
        sys.exit("dag-git.service has not answered: whether this counts, git fetch shows in a moment")
