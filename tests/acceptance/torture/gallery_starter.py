"""Forks galleries: each runs the real command in a process of its own, and starts without importing anew.

Reads a line for each gallery to start, answers with its process id, and ends with its standard input.
"""

import os
import signal
import sys

# What `toonbooth gallery` would import at its start.
import toonbooth.gallery.app
import toonbooth.kit.server  # noqa: F401
from toonbooth.cli import main


def start_gallery() -> int:
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        main(["gallery"])
    finally:
        os._exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are nobody's business
    for _line in sys.stdin:
        print(start_gallery(), flush=True)  # noqa: T201 - the protocol
