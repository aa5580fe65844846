"""Forks the real command `toonbooth`: each is a process of its own, and starts without importing anew.

Reads a line for each, `[arguments, environment]` as JSON; answers with its process id; ends with its standard
input.
"""

import json
import os
import signal
import sys

# What `toonbooth gallery` would import at its start.
import toonbooth.gallery.app
import toonbooth.gallery.maintenance
import toonbooth.kit.server  # noqa: F401
from toonbooth.cli import main


def start_command(arguments: list[str], environment: dict[str, str]) -> int:
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(environment)
    # Its words are nobody's business: our answers go there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        main(arguments)
    finally:
        os._exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are nobody's business
    for line in sys.stdin:
        print(start_command(*json.loads(line)), flush=True)  # noqa: T201 - the protocol
