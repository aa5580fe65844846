"""The service's own process stays small: what workers need is loaded in workers alone."""

import subprocess
import sys


def test_the_services_process_loads_neither_numpy_nor_opencv_nor_networks() -> None:
    program = (
        "import sys, toonbooth.studio.app;"
        "print(sorted({'numpy', 'cv2', 'PIL', 'ai_edge_litert'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"
