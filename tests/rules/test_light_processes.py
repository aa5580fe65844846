"""Neither service's own process loads what only its workers need: it starts sooner and stays small."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "cv2", "PIL", "pi_heif", "ai_edge_litert")


@pytest.mark.parametrize("module", ["toonbooth.gallery.app", "toonbooth.studio.app", "toonbooth.cli"])
def test_a_service_starts_without_decoders_and_networks(module: str) -> None:
    script = f"import sys, {module}; print(*(name for name in {HEAVY!r} if name in sys.modules))"

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ended.stdout.split() == []
