"""A real nginx with the configuration that we ship; only ports and folders are other ones."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "nginx" / "toonbooth.conf"
IS_INSTALLED = shutil.which("nginx") is not None

_AROUND = """
user {user};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/toonbooth.conf;
}}
"""


@contextmanager
def running_nginx(folder: Path, *, port: int, gallery_port: int, uploads: Path) -> Generator[Path]:
    """Run it while the block does; yields its access log."""
    log = folder / "access.log"
    places = {
        "server 127.0.0.1:3000;": f"server 127.0.0.1:{gallery_port};",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "/var/cache/nginx/toonbooth": str(folder / "cache"),
        "/var/log/nginx/toonbooth.log": str(log),
        "/var/lib/toonbooth/uploads/": f"{uploads}/",
    }
    text = CONFIGURATION.read_text()
    for ours, theirs in places.items():
        assert text.count(ours) == 1, ours
        text = text.replace(ours, theirs)
    (folder / "toonbooth.conf").write_text(text)
    user = "root" if os.geteuid() == 0 else "nobody"
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=user))
    with subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]) as process:
        try:
            _wait_for(port, process)
            yield log
        finally:
            process.terminate()
    assert "[emerg]" not in (folder / "error.log").read_text()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("nginx does not listen")
