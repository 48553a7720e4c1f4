"""How what a power cut has interrupted on this node comes back. Each peer is asked for it once, and offered what has come
from another one, which it may have missed; of two versions the younger one stays."""

import os
import threading
import time

# Seconds for which what has come is not offered: what a peer owes itself, be it a deletion, comes first. Longer than it takes
# to try again.
PATIENCE = 5


class Recovery:
    """`wanted`: for each peer's address, the paths to ask it for."""

    def __init__(self, paths, wanted):
        self.wanted = wanted
        self.unsettled = {address: set(paths) for address in wanted}
        self.came = dict.fromkeys(paths, time.monotonic())
        self.lock = threading.Lock()

    def to_ask(self, address):
        """Not for what is here again: it may be deleted there meanwhile."""
        with self.lock:
            self.wanted[address] = {path for path in self.wanted[address] if not os.path.lexists(path)}
            return set(self.wanted[address])

    def asked(self, address, paths):
        with self.lock:
            self.wanted[address] -= paths

    def here(self, address):
        """What is here, and may not be the same there."""
        with self.lock:
            return {path for path in self.unsettled[address] if os.path.lexists(path)}

    def to_offer(self, address):
        """Of that, what nobody is about to send."""
        end = time.monotonic() - PATIENCE
        return {path for path in self.here(address) if self.came[path] < end}

    def settled(self, address, paths):
        with self.lock:
            self.unsettled[address] -= paths

    def heard(self, paths):
        """Of what one peer has sent nobody else is asked; what has been deleted nobody is offered."""
        with self.lock:
            heard = self.of_mine(paths)
            gone = {path for path in heard if not os.path.lexists(path)}
            for address in self.wanted:
                self.wanted[address] -= heard
                self.unsettled[address] -= gone

    def changed(self, paths):
        """Whoever was offered another version is offered this one too."""
        with self.lock:
            again = self.of_mine(paths)
            self.came |= dict.fromkeys(again, time.monotonic())
            for unsettled in self.unsettled.values():
                unsettled |= again

    def of_mine(self, paths):
        return set().union(*self.unsettled.values()).intersection(paths)


def to_ask_for(paths, pairs):
    """By the peers' addresses. What a peer was still owed it has in an older version, if another one was not."""
    owed = {address: pair.owed() for address, pair in pairs.items()}
    return {address: paths - (each - set.intersection(*owed.values())) for address, each in owed.items()}
