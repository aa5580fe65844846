"""Opens listening sockets, and ends a process with its parent. Light: `serve` needs nothing heavier."""

import errno
import os
import signal
import socket
import threading

from toonbooth.kit.errors import StartError


def bind_listener(host: str, port: int, *, is_one_of_several: bool = False) -> socket.socket:
    """Open the listening socket, so that a taken port is known before anything else is started.

    Parameters
    ----------
    is_one_of_several : others of this user may listen there too. Linux spreads connections over all of them;
        on one socket that several processes share, whoever is quickest would take nearly all.

    Raises
    ------
    StartError
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_one_of_several:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise StartError(_explain_bind_failure(error, host, port)) from error
    listener.set_inheritable(True)
    return listener


def stop_with_parent(parent_pipe: int) -> None:
    """Stop this process when the other end of a pipe closes, that is when its parent is gone, however."""

    def wait_for_end() -> None:
        os.read(parent_pipe, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_end, name="parent-watch", daemon=True).start()


def _explain_bind_failure(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken. Choose another one, or stop what listens there."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} may not be opened by this user. Choose one above 1023."
    return f"Cannot listen on {host}:{port}: {error.strerror}."
