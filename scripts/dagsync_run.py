"""Keeps a folder equal on all nodes: every change in it is sent to each peer, side by side, so that a dead peer delays no
other one. All settings are environment variables:
DAGS    the folder
OWNER   user and group that every file in it shall have
PEERS   the other nodes, separated by spaces: name=address
PORT    csync2's TCP port
ADDRESS, BATCH_PORT  where this node takes what others send without csync2; the port is the same on all
LOCAL   patterns of names that stay on this node, separated by spaces
CONFIG  CONFIG/ADDRESS/csync2.cfg is csync2's configuration for a peer, CONFIG/dags.key the key of all nodes
STATE   STATE/ADDRESS is csync2's database for a peer
STATUS  JSON file that says how far each peer is; the file `behind` beside it is there while this node lacks something,
        `refused` while csync2 shall not receive"""

import json
import os
import socket
import threading
import time
import traceback

from dagsync_changes import Changes, need_mount
from dagsync_cut import Running, put_by
from dagsync_notes import Notes, has_part_of_second
from dagsync_peer import Peer
from dagsync_recovery import Recovery, to_ask_for
from dagsync_take import Receiver
from systemd_notify import notify

# Seconds after which a node that cannot catch up is started all the same.
PATIENCE = 60


class Status:
    """Every peer's, in one file that is never half a file. Beside it, the file `behind` is there while this node lacks what
    a peer has, and `refused` while the folder is not to be used."""

    def __init__(self, path):
        self.path, self.peers, self.lock = path, {}, threading.Lock()
        self.behind, self.refused = (os.path.join(os.path.dirname(path), name) for name in ("behind", "refused"))
        self.ahead = set()

    def set(self, name, behind, since):
        with self.lock:
            if self.peers.get(name) == (said := {"behind": behind, "since": since}):
                return
            self.peers[name] = said
            with open(f"{self.path}.new", "w") as file:
                json.dump(self.peers, file)
            os.replace(f"{self.path}.new", self.path)

    def refuse(self, refused):
        """Whether the folder is not to be used: csync2 does not receive, and Airflow reads it if no other node can."""
        if refused:
            for path in [self.refused, self.behind]:
                open(path, "w").close()
        elif os.path.exists(self.refused):
            os.unlink(self.refused)

    def lacks(self, name, lacks):
        with self.lock:
            self.ahead = self.ahead | {name} if lacks else self.ahead - {name}
            if lacks:
                open(self.behind, "w").close()
            elif not self.ahead and os.path.exists(self.behind):
                os.unlink(self.behind)


def end_all(failure, running):
    """No peer may be left without its thread: systemd starts all of it anew."""
    traceback.print_exception(failure.exc_type, failure.exc_value, failure.exc_traceback)
    running.end()
    os._exit(1)


def be_ready(peers, status):
    """Airflow's units are started after this one: a DAG processor that lacks a file takes its DAGs for deleted ones, on
    all nodes."""
    end = time.monotonic() + PATIENCE
    while ahead := [peer.peer for peer in peers if not peer.is_level()]:
        if time.monotonic() > end:
            break
        time.sleep(1)
    for name in ahead:
        status.lacks(name, True)
    notify("READY=1")


def main(settings):
    status, running = Status(settings["STATUS"]), Running(os.path.join(settings["STATE"], "running"))
    threading.excepthook = lambda failure: end_all(failure, running)
    try:
        run(settings, status, running)
    except BaseException:
        status.refuse(True)
        running.end()
        raise


def run(settings, status, running):
    with open(os.path.join(settings["CONFIG"], "dags.key")) as file:
        settings = settings | {"KEY": file.read().strip()}
    peers = [Peer(*each.split("="), settings, status) for each in settings["PEERS"].split()]
    for peer in peers:
        peer.pair.keep(settings["DAGS"])
        peer.others = [other for other in peers if other is not peer]
        status.set(peer.peer, None, None)

    changes = Changes(settings["DAGS"], settings["OWNER"], settings["LOCAL"].split())
    pairs = {peer.address: peer.pair for peer in peers}
    backup = os.path.join(settings["STATE"], "backup")
    notes = Notes(pairs.values(), os.path.join(settings["STATE"], "receiving"))
    known = notes.known()
    need_mount(settings["DAGS"], os.path.join(settings["STATE"], "mounted"), known)
    with notes.nobody_sends():
        interrupted = running.interrupted(changes.walk(), pairs.values())
        # What was received its sender still owes: from another one might come what the sender has deleted since. What was
        # unpacked here with a time of whole seconds passes for received: the comparison brings it back, later.
        awaited = set(filter(has_part_of_second, interrupted)) & known
        recovery = Recovery(awaited, to_ask_for(awaited, pairs))
        put_by(interrupted, backup, pairs.values())
    for peer in peers:
        peer.recovery = recovery
    status.refuse(False)
    notes.begin(changes.walk())
    running.begin()
    # Not before: of a peer whose first message was here already nothing would be new.
    server = socket.create_server((settings["ADDRESS"], int(settings["BATCH_PORT"])))
    wakes = {peer.address: peer.wake for peer in peers}
    Receiver(
        server, settings["KEY"], settings["DAGS"], pairs, changes.is_local, notes.nobody_sends, backup, wakes, recovery
    ).start()
    changes.begin(notes.known())
    # Before anything is sent: of what was noted for one peer only, that it is owed says that no peer has sent it.
    notes.take(changes.take())
    for peer in peers:
        peer.start()
    threading.Thread(target=be_ready, args=(peers, status), daemon=True).start()
    while True:
        notes.take(changed := changes.next())
        recovery.changed(change.path for change in changed)
        for peer in peers:
            peer.wake()


main(dict(os.environ))
